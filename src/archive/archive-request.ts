import type { Emit } from '../events.js';
import type { Stanza, Suite } from './types.js';

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
