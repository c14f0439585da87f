import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstallArchiveRequest } from './archive-request.js';
import { type Listed, mirrorDirectory, writeSuite } from './archive-tree.js';
import { strictClosure, supersetClosure } from './closure.js';
import { installerPackages, occasionalPackages } from './installer-packages.js';
import { listPackages } from './listing.js';
import { findMissing, type MissingSeed, seedName } from './seeds.js';
import { createBuildKey } from './sign.js';
import type { PackageIndex, Suite } from './types.js';

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

/** The names that the archive offers. */
const archiveNames = async (
  indexes: readonly PackageIndex[],
  seeds: readonly string[],
  request: InstallArchiveRequest,
): Promise<Set<string>> => {
  const recommends = request.recommends ?? false;
  const needed = await strictClosure(indexes, { names: seeds, recommends });
  const leaveOut = new Set((request.leaveOut ?? []).filter((name) => !needed.has(name)));
  return await supersetClosure(indexes, {
    seeds: [...seeds, ...installerPackages, ...occasionalPackages],
    leaveOut,
  });
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
  const packages = await archiveNames(indexes, seeds, request);
  const lists = await listPackages(packages, { ...request, seeds });
  const roots = rootsOf(request);
  const key = await writeRoots(roots, lists, request.now?.() ?? new Date());
  return { directory: request.directory, roots, key, missing: findMissing(indexes, seeds), packages };
};
