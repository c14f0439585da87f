import { posix } from 'node:path';
import { debEntries } from '../archive/index.js';
import type { DebEntry, EntryFilter } from '../archive/types.js';
import { VappError } from '../errors.js';
import { readElfNeeds } from './elf.js';

/** A file with its content, or a link with its target, by its path without a slash in front. */
export type Tree = Map<string, { mode: number; data: Buffer } | { link: string }>;

/** Reads one package; the contract of `debEntries` of archive/. */
export type ReadPackage = (path: string, filter?: EntryFilter) => AsyncIterable<DebEntry>;

/** Packages from before the move to /usr have lib/ where later ones have usr/lib/. */
export const merged = (path: string): string =>
  /^(bin|sbin|lib|lib32|lib64|libx32)\//.test(path) ? `usr/${path}` : path;

/** Reads the files and links of packages that `wanted` accepts, by their merged paths. */
export async function readTree(
  debs: readonly string[],
  wanted: (path: string) => boolean,
  readPackage: ReadPackage = debEntries,
): Promise<Tree> {
  const tree: Tree = new Map();
  for (const deb of debs) {
    for await (const entry of readPackage(deb, ({ name }) => wanted(merged(name)))) {
      const path = merged(entry.name);
      if (!wanted(path)) continue;
      if (entry.type === 'file' && entry.data) tree.set(path, { mode: entry.mode, data: entry.data });
      if (entry.type === 'hardlink') linkHard(tree, path, merged(entry.linkname!));
      if (entry.type === 'symlink') tree.set(path, { link: entry.linkname! });
    }
  }
  return tree;
}

function linkHard(tree: Tree, path: string, target: string): void {
  const file = tree.get(target);
  if (file) tree.set(path, file);
}

/** The file at a path, links followed; undefined when there is none. */
export function fileAt(tree: Tree, path: string): { mode: number; data: Buffer } | undefined {
  let at = merged(path);
  for (let hops = 0; hops < 16; hops += 1) {
    const node = tree.get(at);
    if (!node || 'data' in node) return node;
    const target = node.link.startsWith('/') ? node.link.slice(1) : posix.join(posix.dirname(at), node.link);
    at = merged(target);
  }
  return undefined;
}

/**
 * Programs and everything that they are linked with, as plain files: the loader where PT_INTERP has it, libraries in
 * `libraryFolder`, where the loader looks without any configuration.
 * @throws VAPP_BOOTLOADER_MISSING naming what the packages do not have.
 */
export function closeOverLibraries(tree: Tree, programs: readonly string[], libraryFolder: string): Tree {
  const closed: Tree = new Map();
  const queue = programs.map((path) => ({ path, asker: 'the finisher guest' }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { path, asker } = next;
    if (closed.has(path)) continue;
    const file = fileAt(tree, path);
    if (!file) throw missing(path, asker);
    closed.set(path, file);
    const { libraries, interpreter } = readElfNeeds(file.data, path);
    if (interpreter) queue.push({ path: merged(interpreter.slice(1)), asker: path });
    for (const library of libraries)
      queue.push({ path: libraryPath(tree, library, libraryFolder), asker: path });
  }
  return closed;
}

// Only the loader itself is asked for by a soname that need not lie in the folder of libraries.
const libraryPath = (tree: Tree, name: string, folder: string): string =>
  !fileAt(tree, `${folder}/${name}`) && fileAt(tree, `usr/lib64/${name}`)
    ? `usr/lib64/${name}`
    : `${folder}/${name}`;

const missing = (path: string, asker: string): VappError =>
  new VappError('VAPP_BOOTLOADER_MISSING', `No package has /${path}`, { why: `It is needed by ${asker}.` });
