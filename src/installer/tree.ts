import { type DebEntry, debEntries } from '../archive/index.js';
import { type CpioEntry, fileType, parents } from './cpio.js';

/** A file tree in the making: what goes into an archive, by path. Later entries replace earlier ones. */
export type FileTree = Map<string, CpioEntry>;

export const directory = (path: string, permissions = 0o755): CpioEntry => ({
  path,
  mode: fileType.directory | permissions,
});

export const file = (path: string, data: Uint8Array | string, permissions = 0o644): CpioEntry => ({
  path,
  mode: fileType.file | permissions,
  data: typeof data === 'string' ? Buffer.from(data) : data,
});

export const link = (path: string, target: string): CpioEntry => ({
  path,
  mode: fileType.link | 0o777,
  data: Buffer.from(target),
});

export const isDirectory = (entry: CpioEntry): boolean => (entry.mode & fileType.mask) === fileType.directory;
export const isLink = (entry: CpioEntry): boolean => (entry.mode & fileType.mask) === fileType.link;
export const isFile = (entry: CpioEntry): boolean => (entry.mode & fileType.mask) === fileType.file;

export const put = (tree: FileTree, ...entries: CpioEntry[]): void => {
  for (const entry of entries) tree.set(entry.path, entry);
};

/**
 * The tree's entries sorted, each after the directories that it lies in. Directories that the tree does not name get
 * the mode that they have in `base`: the kernel sets the mode of a directory again with each archive that names it.
 */
export const sortedEntries = (tree: FileTree, base: FileTree = new Map()): CpioEntry[] => {
  const all: FileTree = new Map();
  for (const entry of tree.values()) {
    for (const path of parents(entry.path)) {
      const known = tree.get(path) ?? base.get(path);
      if (!all.has(path)) all.set(path, known && isDirectory(known) ? known : directory(path));
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
};

/**
 * Where a path leads when directories of it are links in `base`: packages carry /bin, /sbin and /lib as directories,
 * the installer's initrd has links to /usr there, and an archive must not put a directory in a link's place.
 */
export const resolveIn = (base: FileTree, path: string): string => {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const head = parts.slice(0, depth).join('/');
    const entry = base.get(head);
    if (!entry || !isLink(entry)) continue;
    const target = Buffer.from(entry.data!).toString();
    const from = target.startsWith('/') ? [] : head.split('/').slice(0, -1);
    const joined = [...from, ...target.split('/').filter((part) => part !== ''), ...parts.slice(depth)];
    return resolveIn(base, normalise(joined));
  }
  return path;
};

const normalise = (parts: readonly string[]): string => {
  const out: string[] = [];
  for (const part of parts) {
    if (part === '..') out.pop();
    else if (part !== '.') out.push(part);
  }
  return out.join('/');
};

/** Puts entries into `tree` as they would land over `base`; a directory never replaces a link to one. */
export const merge = (tree: FileTree, base: FileTree, entries: Iterable<CpioEntry>): void => {
  for (const entry of entries) {
    const path = resolveIn(base, entry.path);
    const old = base.get(path);
    if (isDirectory(entry) && old && !isFile(old)) continue;
    put(tree, { ...entry, path });
  }
};

const typeBits: Partial<Record<DebEntry['type'], number>> = {
  file: fileType.file,
  directory: fileType.directory,
  symlink: fileType.link,
};

/** The files, directories and links of a package that `wanted` names, with content, hard links as files. */
export const packageTree = async (
  deb: string,
  wanted: (path: string) => boolean = () => true,
): Promise<FileTree> => {
  const tree: FileTree = new Map();
  for await (const entry of debEntries(deb, ({ name }) => wanted(name))) {
    if (!wanted(entry.name)) continue;
    if (entry.type === 'hardlink') {
      const first = tree.get(entry.linkname!);
      if (first) put(tree, { ...first, path: entry.name });
      continue;
    }
    const type = typeBits[entry.type];
    if (type === undefined) continue;
    const data = entry.type === 'symlink' ? Buffer.from(entry.linkname!) : entry.data;
    put(tree, { path: entry.name, mode: type | entry.mode, ...(data ? { data } : {}) });
  }
  return tree;
};
