import { randomUUID } from 'node:crypto';
import { lstat, rename, rm, unlink } from 'node:fs/promises';
import { VappError } from '../../errors.js';
import { listBuilds } from '../records/records.js';
import { type CacheEntry, type CacheKind, cacheEntries } from './entries.js';
import { seizeCache } from './lock.js';

/** What is to go; what neither names stays. */
export interface PruneRules {
  /** Seconds: what was not used for so long goes. */
  olderThan?: number;
  /** Bytes: then the least recently used go until the rest is no more than this. */
  keepSize?: number;
}

/** The seconds for which `vapp cache prune` keeps what is not used, unless it is told. */
export const defaultAge = 30 * 86_400;

export interface Pruned {
  removed: CacheEntry[];
  kept: CacheEntry[];
}

/**
 * Records are tiny, and among them is the date by which an old state of a mirror is known for one (archive/freshness.ts). What is
 * not vapp's own is not vapp's to remove.
 */
const lasting: readonly CacheKind[] = ['records', 'other'];

/** Divides entries by the rules. Temporary ones always go: while nothing builds they belong to processes that were killed. */
export function choose(entries: readonly CacheEntry[], rules: PruneRules, now = new Date()): Pruned {
  const { olderThan = Number.POSITIVE_INFINITY, keepSize = Number.POSITIVE_INFINITY } = rules;
  const removed: CacheEntry[] = [];
  const kept = entries.filter(({ kind }) => lasting.includes(kind));
  let total = 0;
  const youngestFirst = [...entries].sort((a, b) => b.used.getTime() - a.used.getTime());
  for (const entry of youngestFirst.filter(({ kind }) => !lasting.includes(kind))) {
    const isOld = now.getTime() - entry.used.getTime() >= olderThan * 1000;
    if (entry.kind !== 'temporary') total += entry.bytes;
    const goes = entry.kind === 'temporary' || isOld || total > keepSize;
    (goes ? removed : kept).push(entry);
  }
  return { removed, kept };
}

/**
 * Removes from a cache what the rules say, one entry after the other; a kill in between leaves whole entries and a rest that the
 * next prune removes. With `dryRun` nothing is touched, and builds may run.
 * Throws VAPP_CACHE_IN_USE while builds hold the cache, VAPP_CACHE_REMOVE, and what `seizeCache` throws.
 */
export async function pruneCache(cache: string, rules: PruneRules, o: { dryRun: boolean }): Promise<Pruned> {
  const exists = await lstat(cache).then(
    () => true,
    () => false,
  );
  if (!exists) return { removed: [], kept: [] };
  if (o.dryRun) return choose(await cacheEntries(cache), rules);
  const lock = seizeCache(cache);
  if (!lock) throw inUse();
  using _ = lock;
  const pruned = choose(await cacheEntries(cache), rules);
  for (const { paths } of pruned.removed) for (const path of paths) await remove(path);
  return pruned;
}

/** A directory goes from its place at once, by another name; what a kill leaves of it is a temporary entry. */
async function remove(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isDirectory()) return await unlink(path);
    const aside = `${path}.${randomUUID()}`;
    await rename(path, aside);
    await rm(aside, { recursive: true });
  } catch (cause) {
    throw new VappError('VAPP_CACHE_REMOVE', `${path} cannot be removed`, {
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'make it yours, or remove it as its owner; then prune again',
      cause,
    });
  }
}

function inUse(): VappError {
  const running = listBuilds().filter(({ state }) => state === 'running');
  return new VappError('VAPP_CACHE_IN_USE', 'the cache is in use', {
    why:
      running.length > 0
        ? `these builds run: ${running.map(({ id }) => id).join(', ')}`
        : 'something else holds it',
    hint: 'vapp builds; prune when they are over: a build may need any part until its end',
  });
}
