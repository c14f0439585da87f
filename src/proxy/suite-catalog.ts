import { splitClearsigned } from '../archive/clearsign.js';
import type { Suite } from '../archive/types.js';
import { byFilename, type Catalog, type KnownFile, type MadeFile, type Resource } from './catalog.js';
import { encodePath } from './target.js';

/**
 * Release and Release.gpg are made from InRelease: mirrors serve the two out of step for hours after a point release, and the
 * installer's retriever reads no InRelease.
 */
const madeFiles = (suite: Suite): Map<string, MadeFile> => {
  const { release, signature } = splitClearsigned(suite.inRelease);
  const made = (data: Buffer): MadeFile => ({
    kind: 'made',
    data,
    size: data.length,
    modified: suite.release.date,
  });
  return new Map([
    ['InRelease', made(suite.inRelease)],
    ['Release', made(release)],
    ['Release.gpg', made(signature)],
  ]);
};

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The path that a by-hash path stands for. */
const unhash = (suite: Suite, path: string): string | undefined => {
  const [, directory = '', sha256] = /^((?:.*\/)?)by-hash\/SHA256\/([0-9a-f]{64})$/.exec(path) ?? [];
  if (!sha256) return path;
  for (const [name, file] of suite.release.files)
    if (file.sha256 === sha256 && directoryOf(name) === directory) return name;
  return undefined;
};

const indexFile = (suite: Suite, source: string, path: string): KnownFile | undefined => {
  const name = unhash(suite, path);
  const file = name === undefined ? undefined : suite.release.files.get(name);
  if (name === undefined || !file) return undefined;
  const base = `${source}/dists/${encodePath(suite.suite)}/`;
  const byHash = `${base}${encodePath(directoryOf(name))}by-hash/SHA256/${file.sha256}`;
  const urls = [...(suite.release.acquireByHash ? [byHash] : []), `${base}${encodePath(name)}`];
  return { kind: 'known', ...file, modified: suite.release.date, urls };
};

const isNamed = (suite: Suite, path: string): string | undefined =>
  [suite.suite, suite.release.suite, suite.release.codename].find(
    (name) => name && path.startsWith(`${name}/`),
  );

const suiteCatalog = (suite: Suite, source: string): Catalog => {
  const made = madeFiles(suite);
  const stanzaOf = byFilename(suite.packages);
  const distsFile = (path: string): Resource | undefined => {
    const name = isNamed(suite, path);
    if (name === undefined) return undefined;
    const rest = path.slice(name.length + 1);
    return made.get(rest) ?? indexFile(suite, source, rest);
  };
  return {
    find(path) {
      if (path.startsWith('dists/')) return distsFile(path.slice('dists/'.length));
      const stanza = stanzaOf(path);
      if (!stanza) return undefined;
      const { SHA256: sha256, Size: size } = stanza;
      const url = `${source}/${encodePath(path)}`;
      return { kind: 'known', sha256, size, modified: suite.release.date, urls: [url] };
    },
  };
};

/** Verified suites as they are: every file that a Release vouches for, every package that an index lists, nothing else. */
export const suitesCatalog = (suites: readonly Suite[], source: string): Catalog => {
  const catalogs = suites.map((suite) => suiteCatalog(suite, source));
  return {
    find(path) {
      for (const catalog of catalogs) {
        const found = catalog.find(path);
        if (found) return found;
      }
      return undefined;
    },
  };
};
