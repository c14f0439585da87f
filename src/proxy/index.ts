import type { FetchContext } from '../archive/types.js';
import type { Emit } from '../events.js';
import { Downloads } from './downloads.js';
import { listen } from './listen.js';
import { makeRouter } from './routes.js';
import { createProxyServer } from './server.js';
import { noStats, type ProxyStats } from './stats.js';
import type { Upstream } from './upstream.js';
import { failureWarning } from './warnings.js';

export type { ProxyStats } from './stats.js';
export type { Upstream } from './upstream.js';

export interface ProxyOptions {
  /** An address of this host, not a wildcard. Port 0 or none: one that is free. */
  listen: { host: string; port?: number };
  upstreams: readonly Upstream[];
  cache: string;
  /** URL of an HTTP proxy that upstreams are reached through. */
  parent?: string;
  emit: Emit;
}

export interface PackageProxy {
  host: string;
  port: number;
  url: string;
  stats(): ProxyStats;
  /** Ends listening, open connections and downloads. */
  close(): Promise<void>;
}

/**
 * Starts a caching HTTP proxy for the package repositories of one build, and for nothing else. All that it serves is known by a
 * signed index or made here; what is not is refused (403, 404), what a mirror does not give as it should is a 502 or a cut
 * connection, and a warning event.
 * Throws VAPP_PROXY_LISTEN.
 */
export const startProxy = async (options: ProxyOptions): Promise<PackageProxy> => {
  const { cache, emit, parent } = options;
  const stats = noStats();
  let closing = false;
  const fetching: FetchContext = {
    cache,
    retry: { attempts: 3, delay: 500 },
    // The progress of a guest's downloads is the guest's to tell.
    emit: () => {},
    ...(parent === undefined ? {} : { proxy: parent }),
  };
  const onFailure = (error: unknown) => {
    if (!closing) emit(failureWarning(error));
  };
  const downloads = new Downloads(fetching, onFailure, (bytes) => {
    stats.bytesIn += bytes;
  });
  const route = await makeRouter(options.upstreams);
  const server = createProxyServer({ route, emit, stats, cache, downloads });
  const { host, port } = await listen(server, options.listen);
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stats: () => ({ ...stats }),
    async close() {
      closing = true;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await downloads.close();
    },
  };
};
