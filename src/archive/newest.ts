import type { PackageIndex, Stanza, Suite } from './types.js';
import { compareVersions } from './version.js';

/** A package and the suite that lists it. */
export interface Listing {
  suite: Suite;
  stanza: Stanza;
}

/** The highest version of a package in several suites, which is what apt installs once it knows them all. */
export const newest = (suites: readonly Suite[], name: string): Listing | undefined => {
  let best: Listing | undefined;
  for (const suite of suites) {
    const stanza = suite.packages.get(name);
    if (stanza && (!best || compareVersions(stanza.Version, best.stanza.Version) > 0))
      best = { suite, stanza };
  }
  return best;
};

/** The first suite's index, in which each package has the highest version of all suites. Which packages are of the base system is the first suite's to say. */
export const newestIndex = (suites: readonly [Suite, ...Suite[]]): PackageIndex => {
  const [{ packages }] = suites;
  return {
    size: packages.size,
    get: (name) => newest(suites, name)?.stanza,
    all: () => packages.all(),
    withField: (field, value) => packages.withField(field, value),
    names: () => packages.names(),
    providers: (name) => packages.providers(name),
    near: (name) => packages.near(name),
  };
};
