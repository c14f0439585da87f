import { link, lstat, mkdir, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDeb } from './deb.js';
import { badDeb, unsafePath } from './errors.js';
import type { EntryFilter, EntryHeader, TarEntry } from './types.js';

/** As in the kernel: path_resolution(7). */
const mostLinks = 40;

const kindOf = async (path: string): Promise<'absent' | 'directory' | 'link' | 'other'> => {
  try {
    const found = await lstat(path);
    return found.isDirectory() ? 'directory' : found.isSymbolicLink() ? 'link' : 'other';
  } catch {
    return 'absent';
  }
};

interface Tree {
  root: string;
  /** The package that is written, for errors. */
  deb: string;
}

/**
 * Where the directory `name` of a tree really lies, its symbolic links followed as if the tree were the root, so never out of it.
 * Missing directories are made. Returns the parts below `root`.
 */
const resolveInside = async ({ root, deb }: Tree, name: string): Promise<string[]> => {
  const todo = name.split('/').filter(Boolean);
  let done: string[] = [];
  for (let links = 0; todo.length > 0; ) {
    const part = todo.shift()!;
    if (part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const path = join(root, ...done, part);
    const kind = await kindOf(path);
    if (kind !== 'link') {
      if (kind === 'absent') await mkdir(path, { recursive: true });
      done.push(part);
      continue;
    }
    const target = await readlink(path);
    if (++links > mostLinks) throw badDeb(deb, `Its symbolic links of ${name} lead in a circle.`);
    if (target.startsWith('/')) done = [];
    todo.unshift(...target.split('/').filter(Boolean));
  }
  return done;
};

const placeOf = async (tree: Tree, name: string): Promise<string> => {
  const parts = name.split('/');
  const last = parts.pop()!;
  return join(tree.root, ...(await resolveInside(tree, parts.join('/'))), last);
};

const writeHardLink = async (
  tree: Tree,
  { name, linkname = '' }: EntryHeader,
  path: string,
): Promise<void> => {
  try {
    await link(await placeOf(tree, linkname), path);
  } catch (error) {
    throw badDeb(
      tree.deb,
      `Its member ${name} is a hard link to ${linkname}, which was not extracted before it.`,
      error,
    );
  }
};

const writeFileEntry = async (entry: TarEntry, path: string): Promise<void> => {
  // Always writable for the owner, or an ordinary user could not replace it.
  await writeFile(path, await entry.content(), { flag: 'wx', mode: (entry.mode & 0o777) | 0o600 });
  await utimes(path, entry.mtime, entry.mtime);
};

const writeEntry = async (tree: Tree, entry: TarEntry): Promise<boolean> => {
  if (entry.type === 'directory') {
    await resolveInside(tree, entry.name);
    return true;
  }
  const path = await placeOf(tree, entry.name);
  if ((await kindOf(path)) === 'directory') return false;
  await rm(path, { force: true });
  if (entry.type === 'symlink') await symlink(entry.linkname ?? '', path);
  else if (entry.type === 'hardlink') await writeHardLink(tree, entry, path);
  else if (entry.type === 'file') await writeFileEntry(entry, path);
  else return false;
  return true;
};

const headerOf = ({ content: _content, ...header }: TarEntry): EntryHeader => header;

const leadsOut = ({ name, linkname, type }: EntryHeader): string | undefined =>
  [name, type === 'hardlink' ? (linkname ?? '') : ''].find(
    (text) => text.split('/').includes('..') || text.includes('\0'),
  );

/**
 * Writes a package's data archive below `directory`, which is made if needed; returns what was written. For reading and running on the
 * host, not for installing: owners and setuid bits are dropped, devices left out, links followed inside the tree only.
 * Throws VAPP_ARCHIVE_UNSAFE_PATH for a name with `..` in it, and what `readDeb` throws.
 */
export const extractDeb = async (
  path: string,
  directory: string,
  filter: EntryFilter = () => true,
): Promise<EntryHeader[]> => {
  await mkdir(directory, { recursive: true });
  const written: EntryHeader[] = [];
  for await (const entry of (await readDeb(path)).data) {
    const header = headerOf(entry);
    if (header.name === '' || !filter(header)) continue;
    const outside = leadsOut(header);
    if (outside !== undefined) throw unsafePath(path, outside);
    if (await writeEntry({ root: directory, deb: path }, entry)) written.push(header);
  }
  return written;
};
