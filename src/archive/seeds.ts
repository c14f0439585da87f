import type { PackageIndex } from './types.js';

/** A seed that no package and no single provider answers to, with the nearest names or, of a virtual package, its providers. */
export interface MissingSeed {
  name: string;
  near: string[];
  reason: 'unknown' | 'virtual';
}

/** The package of an apt-get argument: `name:arch`, `name=version`, `name/suite` (apt-get(8)). */
export const seedName = (seed: string): string => seed.trim().replace(/[:=/].*$/, '');

const providersOf = (indexes: readonly PackageIndex[], name: string): string[] => [
  ...new Set(indexes.flatMap((index) => index.providers(name).map((stanza) => stanza.Package))),
];

const nearNames = (indexes: readonly PackageIndex[], name: string): string[] =>
  [...new Set(indexes.flatMap((index) => index.near(name)))].slice(0, 5);

/** The seeds that apt would not find. It takes a virtual package's only provider, and refuses to choose among several. */
export const findMissing = (indexes: readonly PackageIndex[], seeds: readonly string[]): MissingSeed[] =>
  [...new Set(seeds)].flatMap((name): MissingSeed[] => {
    if (indexes.some((index) => index.get(name))) return [];
    const providers = providersOf(indexes, name);
    if (providers.length === 1) return [];
    return providers.length > 1
      ? [{ name, near: providers.sort(), reason: 'virtual' }]
      : [{ name, near: nearNames(indexes, name), reason: 'unknown' }];
  });
