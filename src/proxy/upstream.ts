import type { Suite } from '../archive/types.js';

/** One repository that guests may reach. Exactly one of `archive` and `suites` answers for `dists/`. */
export interface Upstream {
  /** URL as the guest names it, `http://…` without a slash at its end. */
  uri: string;
  /** Where missing files come from; `uri` by default. May be https. */
  source?: string;
  /** Directory of an install archive's root: nothing else of `dists/` exists, and only packages of its index. */
  archive?: string;
  /** Verified suites that pass through unchanged. */
  suites?: readonly Suite[];
  /** Further files below the repository with their sums, such as pinned components of the installer. */
  files?: Iterable<{ path: string; size: number; sha256: string }>;
}
