import type { Emit } from '../events.js';
import type { InstallArchive, PackageSource } from './install-archive.js';
import type { Suite } from './types.js';

export interface BaseTarballRequest {
  suite: Suite;
  /** Only to say that both are of one point release; its repacked packages are shared through the cache. */
  installArchive?: InstallArchive;
  /** Further names for the base system, as debootstrap's `--include`. */
  include?: readonly string[];
  /** The mirror as the guest calls it; the suite's own URL by default. */
  mirror?: string;
  cache: string;
  emit: Emit;
  signal?: AbortSignal;
  proxy?: string;
  fetch?: PackageSource;
}

export interface BaseTarball {
  /** An uncompressed tar archive. */
  path: string;
  /** Names of the packages in it. */
  packages: string[];
}

/** Makes what `debootstrap --make-tarball` would write, for the guest's `debootstrap --unpack-tarball`, without running anything. */
export const makeBaseTarball = async (_request: BaseTarballRequest): Promise<BaseTarball> => {
  throw new Error('not yet');
};
