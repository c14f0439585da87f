import type { Suite } from '../archive/types.js';
import type { Emit } from '../events.js';

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

export interface ProxyOptions {
  /** An address of this host, not a wildcard. Port 0 or none: one that is free. */
  listen: { host: string; port?: number };
  upstreams: readonly Upstream[];
  cache: string;
  /** URL of an HTTP proxy that upstreams are reached through. */
  parent?: string;
  emit: Emit;
}

/** Bytes are of bodies. */
export interface ProxyStats {
  requests: number;
  /** Answered without an upstream. */
  hits: number;
  misses: number;
  refused: number;
  failed: number;
  bytesOut: number;
  bytesIn: number;
}

export interface Proxy {
  host: string;
  port: number;
  url: string;
  stats(): ProxyStats;
  /** Ends listening, open connections and downloads. */
  close(): Promise<void>;
}

export const startProxy = async (_options: ProxyOptions): Promise<Proxy> => {
  throw new Error('not yet');
};
