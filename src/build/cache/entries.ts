import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lockFile } from './lock.js';

/** What can lie in the cache. */
export type CacheKind =
  | 'packages'
  | 'repacked'
  | 'kits'
  | 'finishers'
  | 'bases'
  | 'trees'
  | 'partial'
  | 'temporary'
  | 'records'
  | 'other';

/** One thing that is kept, and that is only of use as a whole. */
export interface CacheEntry {
  kind: CacheKind;
  /** Files or directories, in the order in which they are to be removed. */
  paths: string[];
  /** What it takes on disk; a file with several names counts each time. */
  bytes: number;
  /** Last use, exact to an hour. */
  used: Date;
}

interface Shelf {
  kind: CacheKind;
  directory: string;
  name: RegExp;
  /** Its entries lie in directories of two hexadecimal digits. */
  fanned?: true;
}

/** Where archive/, installer/ and bootloader/ keep what they make. */
const shelves: readonly Shelf[] = [
  { kind: 'packages', directory: 'sha256', name: /^[0-9a-f]{64}$/, fanned: true },
  { kind: 'repacked', directory: 'repacked', name: /^[0-9a-f]{64}\.[a-z]+\.deb$/, fanned: true },
  { kind: 'kits', directory: 'kits', name: /^[0-9a-f]{64}$/ },
  { kind: 'finishers', directory: 'finishers', name: /^[0-9a-f]{64}$/ },
  { kind: 'bases', directory: 'base', name: /^[0-9a-f]{64}\.tar$/ },
  { kind: 'trees', directory: 'trees', name: /^([a-z]+-)?[0-9a-f]{64}$/ },
  { kind: 'partial', directory: 'parts', name: /\.part$/ },
  { kind: 'records', directory: 'kits/requests', name: /^[0-9a-f]{64}$/ },
  { kind: 'records', directory: 'fresh', name: /^[0-9a-f]{64}\.json$/ },
  { kind: 'records', directory: 'suites', name: /^[0-9a-f]{64}\.json$/ },
];

/** Names under which things are made before they get their own, or lie between that and their removal: a UUID at the end. */
const unfinished = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.tmp)?$/;

/** Made with mkdtemp(3) by installer/kernel-tree.ts. */
const scratch = /^modules-\w{6}$/;

/** The size and hash of a repacked package, and the hash of a sealed file, lie beside it, and mean nothing without it. */
const ownerOf = (name: string): string => name.replace(/(\.deb)\.json$|\.sum$/, '$1');

/** All that is kept in a cache, in no order. What goes while it is looked at is left out; a cache that is not there is empty. */
export async function cacheEntries(cache: string): Promise<CacheEntry[]> {
  const shelved = await Promise.all(shelves.map((shelf) => shelfEntries(cache, shelf)));
  return [...shelved.flat(), ...(await strays(cache))];
}

async function shelfEntries(cache: string, shelf: Shelf): Promise<CacheEntry[]> {
  const top = join(cache, shelf.directory);
  const rows = shelf.fanned ? (await list(top)).map((name) => join(top, name)) : [top];
  const taken = new Set(shelves.map(({ directory }) => join(cache, directory)));
  const found = await Promise.all(
    rows.map(async (row) => {
      const paths = (await list(row)).map((name) => join(row, name)).filter((path) => !taken.has(path));
      return rowEntries(paths, shelf);
    }),
  );
  return found.flat();
}

async function rowEntries(paths: readonly string[], shelf: Shelf): Promise<CacheEntry[]> {
  const groups = new Map<string, string[]>();
  // The longer name, that of the note, comes first: a package without its note is made anew, never taken for whole.
  for (const path of [...paths].sort().reverse()) {
    const owner = ownerOf(path);
    groups.set(owner, [...(groups.get(owner) ?? []), path]);
  }
  const entries = await Promise.all(
    [...groups].map(([owner, members]) => entryOf(kindOf(basename(owner), shelf.kind, shelf.name), members)),
  );
  return entries.flat();
}

const kindOf = (name: string, kind: CacheKind, pattern: RegExp): CacheKind => {
  if (pattern.test(name)) return kind;
  return unfinished.test(name) ? 'temporary' : 'other';
};

/** What lies beside the shelves: scratch directories, and what others keep there. */
async function strays(cache: string): Promise<CacheEntry[]> {
  const known = new Set([lockFile, ...shelves.map(({ directory }) => directory.split('/')[0])]);
  const names = (await list(cache)).filter((name) => !known.has(name));
  const entries = await Promise.all(
    names.map((name) => entryOf(kindOf(name, 'temporary', scratch), [join(cache, name)])),
  );
  return entries.flat();
}

async function entryOf(kind: CacheKind, paths: string[]): Promise<CacheEntry[]> {
  const found = (await Promise.all(paths.map(look))).filter((stats) => stats !== undefined);
  if (found.length === 0) return [];
  const sizes = await Promise.all(paths.map(bytesOf));
  const used = new Date(Math.max(...found.map(({ mtimeMs }) => mtimeMs)));
  return [{ kind, paths, bytes: sizes.reduce((sum, size) => sum + size, 0), used }];
}

/** As du(1) counts; blocks are of 512 bytes, whatever the file system's are: stat(2). */
async function bytesOf(path: string): Promise<number> {
  const stats = await look(path);
  if (!stats?.isDirectory()) return (stats?.blocks ?? 0) * 512;
  const inside = await Promise.all((await list(path)).map((name) => bytesOf(join(path, name))));
  return inside.reduce((sum, size) => sum + size, stats.blocks * 512);
}

const look = (path: string): Promise<Stats | undefined> => lstat(path).catch(() => undefined);

const list = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
