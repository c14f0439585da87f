import { breathe } from '../breathe.js';
import { relationNames } from './closure.js';
import { baseStanzas } from './priorities.js';
import type { PackageIndex, Stanza } from './types.js';

export interface BaseSet {
  /** Names, sorted by byte. */
  required: string[];
  base: string[];
}

export interface BaseSetOptions {
  include?: readonly string[];
  exclude?: readonly string[];
  /** The guest's mirror is https: ca-certificates belongs to the base system. */
  https?: boolean;
}

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort((a, b) => (a < b ? -1 : 1));

/** The merged /usr is debootstrap's own work: its script keeps this package out of every release after Debian 11. */
const excludedDependency = 'usrmerge';

/**
 * debootstrap's `resolve_deps`: dependencies and pre-dependencies, of alternatives the first alone, of names the real packages
 * alone; versions and Provides do not count.
 */
const resolveDependencies = async (index: PackageIndex, names: Iterable<string>): Promise<Set<string>> => {
  const resolved = new Set(names);
  for (const name of resolved) {
    await breathe();
    const stanza = index.get(name);
    const groups = [...relationNames(stanza?.Depends), ...relationNames(stanza?.['Pre-Depends'])];
    for (const [first] of groups)
      if (first && first !== excludedDependency && index.get(first)) resolved.add(first);
  }
  return resolved;
};

const isMain = (stanza: Stanza): boolean => !stanza.Section?.includes('/');

/**
 * The two package sets of debootstrap 1.0.141 for a release after Debian 12, without a variant, of component main (its functions
 * `work_out_debs` of scripts/debian-common and `resolve_deps`, and the phase finddebs).
 */
export const debootstrapSet = async (index: PackageIndex, options: BaseSetOptions = {}): Promise<BaseSet> => {
  const { required: needed, important } = await baseStanzas(index);
  const excluded = new Set(options.exclude);
  const wanted = (names: readonly string[]) => names.filter((name) => !excluded.has(name));
  const named = (stanzas: readonly Stanza[]) => stanzas.filter(isMain).map((stanza) => stanza.Package);
  const required = await resolveDependencies(index, wanted(named(needed)));
  const extra = [...(options.https ? ['ca-certificates'] : []), ...(options.include ?? [])];
  const base = await resolveDependencies(index, wanted([...named(important), ...extra]));
  return { required: sorted(required), base: sorted([...base].filter((name) => !required.has(name))) };
};
