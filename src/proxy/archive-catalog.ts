import { type Dirent, existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { indexPackages } from '../archive/package-index.js';
import { byFilename, type Catalog, type LocalFile, wholeSeconds } from './catalog.js';
import { encodePath } from './target.js';

const isDirectory = async (entry: Dirent, path: string): Promise<boolean> =>
  entry.isDirectory() || (entry.isSymbolicLink() && (await stat(path)).isDirectory());

/** All files below a directory by relative path; links are followed, for the archive's own tree has no others than its own. */
const listFiles = async (root: string, below = ''): Promise<Map<string, LocalFile>> => {
  const files = new Map<string, LocalFile>();
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    const path = join(root, name);
    if (await isDirectory(entry, path)) {
      for (const [inner, file] of await listFiles(root, name)) files.set(inner, file);
      continue;
    }
    const { size, mtime } = await stat(path);
    files.set(name, { kind: 'local', path, size, modified: wholeSeconds(mtime) });
  }
  return files;
};

const indexPath = /^dists\/.*\/binary-[^/]+\/Packages$/;

/**
 * An install archive's root: its own files, and of the mirror the packages that its indexes list. The list is taken once, so no
 * request can lead out of the tree.
 */
export const archiveCatalog = async (directory: string, source: string): Promise<Catalog> => {
  const files = existsSync(directory) ? await listFiles(directory) : new Map<string, LocalFile>();
  const lists = [...files.keys()].filter((path) => indexPath.test(path));
  const finders = await Promise.all(
    lists.map(async (path) => {
      const bytes = await readFile(join(directory, path));
      return {
        find: byFilename(await indexPackages([{ label: path, bytes }])),
        modified: files.get(path)!.modified,
      };
    }),
  );
  return {
    find(path) {
      const own = files.get(path);
      if (own || path.startsWith('dists/')) return own;
      for (const { find, modified } of finders) {
        const stanza = find(path);
        if (!stanza) continue;
        const { SHA256: sha256, Size: size } = stanza;
        return { kind: 'known', sha256, size, modified, urls: [`${source}/${encodePath(path)}`] };
      }
      return undefined;
    },
  };
};
