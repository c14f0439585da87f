import type { Stanza, Suite } from '../archive/index.js';
import { VappError } from '../errors.js';

/** The stanza of a package, or a VappError that names what is missing and what is near. */
export const requirePackage = (suite: Suite, name: string): Stanza => {
  const stanza = suite.packages.get(name);
  if (stanza) return stanza;
  const near = suite.packages.near(name);
  throw new VappError('VAPP_INSTALLER_PACKAGE', `${suite.suite} has no package ${name}`, {
    why: near.length ? `The nearest names are ${near.join(', ')}.` : `Its index has no such name.`,
    hint: 'Take another mirror, or try again when this one has been updated.',
  });
};

const firstAlternatives = (field = ''): string[] =>
  field
    .split(',')
    .map(
      (clause) =>
        clause
          .split('|')[0]!
          .trim()
          .split(/[\s:(]/)[0]!,
    )
    .filter((name) => name !== '');

/**
 * The packages and what they depend on (first alternative of each clause), each once, in the order found.
 * A name that only another package provides is passed over: good for shared libraries, not for installing.
 */
export const withDependencies = (suite: Suite, names: readonly string[]): Stanza[] => {
  const found = new Map<string, Stanza>(names.map((name) => [name, requirePackage(suite, name)]));
  for (const stanza of found.values()) {
    for (const name of [...firstAlternatives(stanza['Pre-Depends']), ...firstAlternatives(stanza.Depends)]) {
      const next = suite.packages.get(name);
      if (next && !found.has(name)) found.set(name, next);
    }
  }
  return [...found.values()];
};
