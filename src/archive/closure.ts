import { breathe } from '../breathe.js';
import { baseStanzas } from './priorities.js';
import { parseRelations } from './relations.js';
import type { PackageIndex, Stanza } from './types.js';

/** Names of a relation field: one list for each part that must hold, its alternatives in order. */
export const relationNames = (field: string | undefined): string[][] =>
  parseRelations(field).map((group) => group.map(({ name }) => name));

const everyStanza = (indexes: readonly PackageIndex[], name: string): Stanza[] =>
  indexes.flatMap((index) => index.get(name) ?? []);

const providerNames = (indexes: readonly PackageIndex[], name: string): string[] => [
  ...new Set(indexes.flatMap((index) => index.providers(name).map((stanza) => stanza.Package))),
];

const priorities = ['required', 'important', 'standard', 'optional', 'extra'];
const priorityRank = (stanza: Stanza | undefined): number =>
  stanza?.Priority ? priorities.indexOf(stanza.Priority) : priorities.length;

/** The likeliest providers first: by priority, then by name. */
const rankedProviders = (indexes: readonly PackageIndex[], name: string): string[] => {
  const ranked = providerNames(indexes, name).map((provider) => ({
    provider,
    rank: Math.min(...everyStanza(indexes, provider).map(priorityRank)),
  }));
  ranked.sort((a, b) => a.rank - b.rank || (a.provider < b.provider ? -1 : 1));
  return ranked.map(({ provider }) => provider);
};

export interface SupersetOptions {
  seeds: Iterable<string>;
  leaveOut?: ReadonlySet<string>;
  /** How many providers of a virtual package are taken. */
  providers?: number;
}

const supersetFields = ['Pre-Depends', 'Depends', 'Recommends'] as const;

/**
 * Names of all packages that an installation of the base system and the seeds can pull in: dependencies and recommendations with
 * every alternative. Larger than what any one resolution takes, so that the guest's apt decides as it would on the whole archive.
 */
export const supersetClosure = async (
  indexes: readonly PackageIndex[],
  { seeds, leaveOut = new Set(), providers = 3 }: SupersetOptions,
): Promise<Set<string>> => {
  const todo = [...seeds];
  for (const index of indexes)
    for (const stanzas of Object.values(await baseStanzas(index)) as Stanza[][])
      todo.push(...stanzas.map((stanza) => stanza.Package));
  const found = new Set<string>();
  const seen = new Set<string>(leaveOut);
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    await breathe();
    const stanzas = everyStanza(indexes, name);
    if (stanzas.length === 0) todo.push(...rankedProviders(indexes, name).slice(0, providers));
    else found.add(name);
    for (const stanza of stanzas)
      for (const field of supersetFields) todo.push(...relationNames(stanza[field]).flat());
  }
  return found;
};

export interface StrictOptions {
  names: Iterable<string>;
  /** Names already installed. */
  installed?: Iterable<string>;
  recommends?: boolean;
}

/**
 * Names that apt will surely install for `names`, what is installed included: of each dependency the first alternative that exists
 * unless another is there already, as apt does (apt's resolver looks at versions too; an estimate is enough here).
 */
export const strictClosure = async (
  indexes: readonly PackageIndex[],
  { names, installed = [], recommends = false }: StrictOptions,
): Promise<Set<string>> => {
  const chosen = new Set<string>(installed);
  const provided = new Set<string>();
  const noteProvides = (stanza: Stanza) => {
    for (const name of relationNames(stanza.Provides).flat()) provided.add(name);
  };
  for (const name of chosen) {
    everyStanza(indexes, name).forEach(noteProvides);
    await breathe();
  }
  const choose = (group: readonly string[]): string | undefined => {
    if (group.some((name) => chosen.has(name) || provided.has(name))) return undefined;
    const real = group.find((name) => everyStanza(indexes, name).length > 0);
    return real ?? group.map((name) => rankedProviders(indexes, name)[0]).find(Boolean);
  };
  const fields = recommends ? supersetFields : (['Pre-Depends', 'Depends'] as const);
  const todo = [...names].map((name) => [name]);
  for (let group = todo.shift(); group; group = todo.shift()) {
    await breathe();
    const name = choose(group);
    if (name === undefined) continue;
    chosen.add(name);
    for (const stanza of everyStanza(indexes, name)) {
      noteProvides(stanza);
      for (const field of fields) todo.push(...relationNames(stanza[field]));
    }
  }
  return chosen;
};
