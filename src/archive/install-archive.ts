import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit } from '../events.js';
import { repackedStanza } from './archive-release.js';
import { type Listed, mirrorDirectory, writeSuite } from './archive-tree.js';
import { debootstrapSet } from './base-set.js';
import { strictClosure, supersetClosure } from './closure.js';
import { installerPackages, occasionalPackages } from './installer-packages.js';
import type { PackForm } from './repack.js';
import { type Job, type RepackContext, repackAll } from './repack-all.js';
import { createBuildKey } from './sign.js';
import { fetchPackage } from './suite.js';
import type { PackageIndex, Stanza, Suite } from './types.js';

/** How a package comes to the disk of the cache: `fetchPackage` of this room, or a test's stand-in. */
export type PackageSource = (suite: Suite, stanza: Stanza) => Promise<string>;

export interface InstallArchiveRequest {
  /** Verified suites. The first is the one that is installed; the others (updates, security) may hold higher versions. */
  suites: readonly Suite[];
  /** Names that the spec or its preseed insists on; `name:arch`, `name=version` and `name/suite` are read as `name`. */
  seeds: readonly string[];
  /** Names that shall not be found, though the installer tries them. What the seeds need is never left out. */
  leaveOut?: readonly string[];
  /** Where the archive is written. Made if missing; `dists` and `pool` of an earlier run are replaced. */
  directory: string;
  /** Repack the packages that will surely be installed, for a quicker unpacking in the guest. */
  repack: boolean;
  /** Recommended packages of the seeds count as surely installed too. */
  recommends?: boolean;
  cache: string;
  now?: () => Date;
  emit: Emit;
  signal?: AbortSignal;
  proxy?: string;
  fetch?: PackageSource;
}

/** A seed that no package and no single provider answers to, with the nearest names or, of a virtual package, its providers. */
export interface MissingSeed {
  name: string;
  near: string[];
  reason: 'unknown' | 'virtual';
}

/** One mirror of the archive: a directory with `dists` and, for repacked files, `pool`. */
export interface ArchiveRoot {
  /** URL of the mirror that it stands for. */
  mirror: string;
  directory: string;
}

export interface InstallArchive {
  directory: string;
  roots: ArchiveRoot[];
  /** Public key as a binary OpenPGP keyring, as gpgv and apt take it. The secret half is gone when this is returned. */
  key: Buffer;
  missing: MissingSeed[];
  /** Names in the index. */
  packages: ReadonlySet<string>;
}

/** The package of an apt-get argument: `name:arch`, `name=version`, `name/suite` (apt-get(8)). */
export const seedName = (seed: string): string => seed.trim().replace(/[:=/].*$/, '');

const providersOf = (indexes: readonly PackageIndex[], name: string): string[] => [
  ...new Set(indexes.flatMap((index) => index.providers(name).map((stanza) => stanza.Package))),
];

const nearNames = (indexes: readonly PackageIndex[], name: string): string[] =>
  [...new Set(indexes.flatMap((index) => index.near(name)))].slice(0, 5);

/** apt takes a virtual package's only provider, and refuses to choose among several. */
const findMissing = (indexes: readonly PackageIndex[], seeds: readonly string[]): MissingSeed[] =>
  [...new Set(seeds)].flatMap((name): MissingSeed[] => {
    if (indexes.some((index) => index.get(name))) return [];
    const providers = providersOf(indexes, name);
    if (providers.length === 1) return [];
    return providers.length > 1
      ? [{ name, near: providers.sort(), reason: 'virtual' }]
      : [{ name, near: nearNames(indexes, name), reason: 'unknown' }];
  });

const componentOf = (stanza: Stanza): string => {
  const [area, rest] = stanza.Section?.split('/') ?? [];
  // Debian Policy 2.4: the area stands before the section, and main is not said.
  return area && rest ? area : 'main';
};

type PackForms = (suite: Suite, name: string) => PackForm | undefined;

/**
 * How the packages that will surely be installed are packed. Of the base system that is the first suite's version, which debootstrap
 * takes; of the seeds any version, for apt takes the highest that it has heard of by then.
 */
const packForms = (request: InstallArchiveRequest, seeds: readonly string[]): PackForms => {
  const indexes = request.suites.map((suite) => suite.packages);
  const [first] = request.suites;
  if (!first || !request.repack) return () => undefined;
  const set = debootstrapSet(first.packages, { https: first.mirror.startsWith('https:') });
  const [required, installed] = [new Set(set.required), new Set([...set.required, ...set.base])];
  const names = [...seeds, ...installerPackages];
  const sure = strictClosure(indexes, { names, installed, recommends: request.recommends ?? false });
  return (suite, name) => {
    if (!sure.has(name) || (installed.has(name) && suite !== first)) return undefined;
    return required.has(name) ? 'stored' : 'zstd';
  };
};

interface Chosen {
  suite: Suite;
  stanza: Stanza;
}

const choose = (suites: readonly Suite[], names: ReadonlySet<string>): Chosen[] =>
  suites.flatMap((suite) =>
    [...suite.packages.names()]
      .filter((name) => names.has(name))
      .flatMap((name) => {
        const stanza = suite.packages.get(name);
        return stanza ? [{ suite, stanza }] : [];
      }),
  );

/** The names that the archive offers. */
const archiveNames = (
  indexes: readonly PackageIndex[],
  seeds: readonly string[],
  request: InstallArchiveRequest,
): Set<string> => {
  const needed = strictClosure(indexes, { names: seeds, recommends: request.recommends ?? false });
  const leaveOut = new Set((request.leaveOut ?? []).filter((name) => !needed.has(name)));
  return supersetClosure(indexes, {
    seeds: [...seeds, ...installerPackages, ...occasionalPackages],
    leaveOut,
  });
};

const repackContext = (request: InstallArchiveRequest): RepackContext => ({
  cache: request.cache,
  emit: request.emit,
  ...(request.signal ? { signal: request.signal } : {}),
  fetch: request.fetch ?? ((suite, stanza) => fetchPackage(suite, stanza, request)),
});

/** Lists every chosen package with its stanza, that of the repacked file where there is one. */
const listPackages = async (
  chosen: readonly Chosen[],
  forms: PackForms,
  request: InstallArchiveRequest,
): Promise<Map<Suite, Listed[]>> => {
  const jobs = chosen.flatMap(({ suite, stanza }): Job[] => {
    const form = forms(suite, stanza.Package);
    return form ? [{ suite, stanza, form }] : [];
  });
  const repacked = await repackAll(jobs, repackContext(request));
  const lists = new Map<Suite, Listed[]>(request.suites.map((suite) => [suite, []]));
  for (const { suite, stanza } of chosen) {
    const file = repacked.get(stanza);
    const common = { component: componentOf(stanza), filename: stanza.Filename };
    lists
      .get(suite)
      ?.push(
        file
          ? { ...common, raw: repackedStanza(stanza.raw, file), file: file.path }
          : { ...common, raw: stanza.raw },
      );
  }
  return lists;
};

const rootsOf = (request: InstallArchiveRequest): ArchiveRoot[] =>
  [...new Set(request.suites.map((suite) => suite.mirror))].map((mirror) => ({
    mirror,
    directory: join(request.directory, mirrorDirectory(mirror)),
  }));

const writeRoots = async (
  roots: readonly ArchiveRoot[],
  lists: ReadonlyMap<Suite, Listed[]>,
  now: Date,
): Promise<Buffer> => {
  const key = await createBuildKey(now);
  for (const { mirror, directory } of roots) {
    for (const part of ['dists', 'pool']) await rm(join(directory, part), { recursive: true, force: true });
    for (const [suite, listed] of lists)
      if (suite.mirror === mirror) await writeSuite(directory, suite, listed, key);
  }
  return key.publicKey;
};

/**
 * Makes a small signed package archive of what one installation can pull in. Seconds when the repacked packages are in the cache.
 * Unknown seeds are not an error here: they come back in `missing`, for the caller knows the line that names them.
 * Throws what fetching and repacking throw.
 */
export const makeInstallArchive = async (request: InstallArchiveRequest): Promise<InstallArchive> => {
  const indexes = request.suites.map((suite) => suite.packages);
  const seeds = request.seeds.map(seedName);
  const packages = archiveNames(indexes, seeds, request);
  const lists = await listPackages(choose(request.suites, packages), packForms(request, seeds), request);
  const roots = rootsOf(request);
  const key = await writeRoots(roots, lists, request.now?.() ?? new Date());
  return { directory: request.directory, roots, key, missing: findMissing(indexes, seeds), packages };
};
