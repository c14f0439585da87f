import { archiveCatalog } from './archive-catalog.js';
import type { Catalog, KnownFile, Resource } from './catalog.js';
import { suitesCatalog } from './suite-catalog.js';
import { encodePath, type Refusal, type Target } from './target.js';
import type { Upstream } from './upstream.js';

interface Route {
  host: string;
  port: number;
  /** Path of the repository on its host, `debian`; empty at the top. */
  base: string;
  catalog: Catalog;
}

const withoutSlash = (uri: string): string => uri.replace(/\/+$/, '');

const extraFiles = (upstream: Upstream, source: string): Map<string, KnownFile> =>
  new Map(
    [...(upstream.files ?? [])].map(({ path, size, sha256 }) => [
      path,
      // No date is known; any that stays the same serves conditional requests.
      { kind: 'known', sha256, size, modified: new Date(0), urls: [`${source}/${encodePath(path)}`] },
    ]),
  );

const catalogOf = async (upstream: Upstream): Promise<Catalog> => {
  const source = withoutSlash(upstream.source ?? upstream.uri);
  const files = extraFiles(upstream, source);
  const catalog =
    upstream.archive === undefined
      ? suitesCatalog(upstream.suites ?? [], source)
      : await archiveCatalog(upstream.archive, source);
  return { find: (path) => catalog.find(path) ?? files.get(path) };
};

const routeOf = async (upstream: Upstream): Promise<Route> => {
  const { hostname, port, pathname } = new URL(upstream.uri);
  // Guests write http whatever the source is: https would hide the request from the proxy.
  const guestPort = Number(port || 80);
  const base = decodeURIComponent(pathname).split('/').filter(Boolean).join('/');
  return { host: hostname.toLowerCase(), port: guestPort, base, catalog: await catalogOf(upstream) };
};

const below = (base: string, path: string): string | undefined => {
  if (base === '') return path;
  if (base === path) return '';
  return path.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined;
};

export type Router = (target: Target) => Resource | Refusal;

/** Leads a request to the repository with the longest address that it begins with. */
export const makeRouter = async (upstreams: readonly Upstream[]): Promise<Router> => {
  const routes = await Promise.all(upstreams.map(routeOf));
  routes.sort((a, b) => b.base.length - a.base.length);
  return ({ host, port, path }) => {
    for (const route of routes) {
      if (route.host !== host || route.port !== port) continue;
      const rest = below(route.base, path);
      if (rest === undefined) continue;
      return route.catalog.find(rest) ?? { status: 404, reason: 'no signed index lists this file' };
    }
    return { status: 403, reason: 'it belongs to none of the repositories of this build' };
  };
};
