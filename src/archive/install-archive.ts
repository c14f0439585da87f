import type { Emit } from '../events.js';
import type { Stanza, Suite } from './types.js';

/** How a package comes to the disk of the cache: `fetchPackage` of this room, or a test's stand-in. */
export type PackageSource = (suite: Suite, stanza: Stanza) => Promise<string>;

export interface InstallArchiveRequest {
  /** Verified suites. The first is the one that is installed; the others (updates, security) may hold higher versions. */
  suites: readonly Suite[];
  /** Names that the installer or the spec asks for; `name:arch`, `name=version` and `name/suite` are read as `name`. */
  seeds: readonly string[];
  /** Names that shall not be found. What the seeds need is never left out. */
  leaveOut?: readonly string[];
  /** Where the archive is written. Made if missing; what an earlier run left in it goes. */
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

/** One mirror of the archive: a directory with `dists` and `pool`, and the suites whose packages it lists. */
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

/**
 * Makes a small signed package archive of what one installation can pull in.
 * Seconds when the repacked packages are in the cache.
 */
export const makeInstallArchive = async (_request: InstallArchiveRequest): Promise<InstallArchive> => {
  throw new Error('not yet');
};
