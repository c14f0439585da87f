import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CacheEntry } from '../../../src/build/cache/entries.js';
import { holdCache, seizeCache } from '../../../src/build/cache/lock.js';
import { choose, pruneCache } from '../../../src/build/cache/prune.js';
import type { VappEvent } from '../../../src/events.js';
import { temporary, writeBuild } from '../support.js';
import { places, put, remains } from './support.js';

const now = new Date('2026-06-01T00:00:00Z');
const day = 86_400;
const ago = (days: number, from = now): Date => new Date(from.getTime() - days * day * 1000);

describe('the choice', () => {
  const entry = (kind: CacheEntry['kind'], days: number, bytes = 100): CacheEntry => ({
    kind,
    paths: [`${kind}-${days}`],
    bytes,
    used: ago(days),
  });
  const names = (entries: readonly CacheEntry[]): string[] => entries.flatMap(({ paths }) => paths).sort();

  test('by age takes what was not used for so long, of every kind', () => {
    const entries = [entry('packages', 29), entry('packages', 30), entry('kits', 31), entry('partial', 400)];
    const { removed, kept } = choose(entries, { olderThan: 30 * day }, now);
    expect(names(removed)).toEqual(['kits-31', 'packages-30', 'partial-400']);
    expect(names(kept)).toEqual(['packages-29']);
  });

  test('by size takes the least recently used until the rest fits', () => {
    const entries = [entry('kits', 3), entry('packages', 1), entry('trees', 4, 1), entry('bases', 2)];
    expect(names(choose(entries, { keepSize: 200 }, now).removed)).toEqual(['kits-3', 'trees-4']);
    expect(names(choose(entries, { keepSize: 301 }, now).removed)).toEqual([]);
    expect(names(choose(entries, { keepSize: 0 }, now).kept)).toEqual([]);
  });

  test('by both takes what either takes', () => {
    const entries = [entry('kits', 3), entry('packages', 1), entry('bases', 2), entry('trees', 50)];
    expect(names(choose(entries, { keepSize: 200, olderThan: 30 * day }, now).removed)).toEqual([
      'kits-3',
      'trees-50',
    ]);
  });

  test('always takes temporary files, and never records or what is not vapp’s', () => {
    const entries = [entry('temporary', 0), entry('records', 900), entry('other', 900)];
    const { removed, kept } = choose(entries, { olderThan: 0, keepSize: 0 }, now);
    expect(names(removed)).toEqual(['temporary-0']);
    expect(names(kept)).toEqual(['other-900', 'records-900']);
  });
});

describe('pruning', () => {
  let cache: string;
  beforeEach(() => {
    vi.stubEnv('XDG_STATE_HOME', temporary());
    cache = temporary();
    for (const name of Object.values(places)) put(cache, name, { used: ago(40, new Date()) });
  });
  afterEach(() => vi.unstubAllEnvs());

  const there = (): string[] => Object.values(places).filter((name) => existsSync(join(cache, name)));
  const lasting = [places.request, places.fresh, places.suite, places.foreign];
  const build = () => {
    const events: VappEvent[] = [];
    const cancel = new AbortController();
    const held = holdCache(cache, { emit: (event) => void events.push(event), signal: cancel.signal });
    return { events, cancel, held };
  };

  test('removes what is old and leaves what is lasting', async () => {
    const { removed } = await pruneCache(cache, { olderThan: 30 * day }, { dryRun: false });
    expect(removed).toHaveLength(8);
    expect(there()).toEqual(lasting);
    expect(existsSync(join(cache, places.note))).toBe(false);
  });

  test('leaves what is young, and what was made before its own place took it', async () => {
    put(cache, places.kit, { used: ago(29, new Date()) });
    put(cache, remains[3]);
    await pruneCache(cache, { olderThan: 30 * day }, { dryRun: false });
    expect(there()).toEqual([places.kit, ...lasting]);
    expect(existsSync(join(cache, remains[3]))).toBe(false);
  });

  test('removes nothing when it is only asked what it would', async () => {
    const { removed } = await pruneCache(cache, { olderThan: 0 }, { dryRun: true });
    expect(removed).toHaveLength(8);
    expect(there()).toEqual(Object.values(places));
  });

  test('is refused while a build holds the cache, and the build is named', async () => {
    const state = join(process.env.XDG_STATE_HOME ?? '', 'vapp/builds');
    writeBuild(state, { id: 'web-20260601-abcdef', pid: process.pid });
    writeBuild(state, { id: 'old-20260601-abcdef' });
    using first = await build().held;
    using second = await build().held;
    expect(second).not.toBe(first);
    await expect(pruneCache(cache, { olderThan: 0 }, { dryRun: false })).rejects.toMatchObject({
      code: 'VAPP_CACHE_IN_USE',
      why: 'these builds run: web-20260601-abcdef',
    });
    expect(there()).toEqual(Object.values(places));
  });

  test('goes when the last build has let go', async () => {
    const [first, second] = [await build().held, await build().held];
    first[Symbol.dispose]();
    await expect(pruneCache(cache, { olderThan: 0 }, { dryRun: false })).rejects.toThrow();
    second[Symbol.dispose]();
    await pruneCache(cache, { olderThan: 0 }, { dryRun: false });
    expect(there()).toEqual(lasting);
  });

  test('a build waits for a prune, says so once, and can be cancelled', async () => {
    const prune = seizeCache(cache);
    const [waiting, cancelled] = [build(), build()];
    cancelled.cancel.abort(new Error('no more'));
    await expect(cancelled.held).rejects.toThrow('no more');
    prune?.[Symbol.dispose]();
    using _ = await waiting.held;
    expect(waiting.events).toEqual([{ type: 'notice', text: 'waiting until the cache has been pruned' }]);
  });

  test('a cache that is not there stays so', async () => {
    const none = join(cache, 'none');
    expect(await pruneCache(none, { olderThan: 0 }, { dryRun: false })).toEqual({ removed: [], kept: [] });
    expect(existsSync(none)).toBe(false);
  });

  test('a lock that cannot be had is no reason to go on', async () => {
    mkdirSync(join(cache, 'lock'));
    await expect(pruneCache(cache, { olderThan: 0 }, { dryRun: false })).rejects.toMatchObject({
      code: 'VAPP_HOST_LOCK',
      why: expect.stringContaining('EISDIR'),
    });
    await expect(build().held).rejects.toMatchObject({ code: 'VAPP_HOST_LOCK' });
    expect(there()).toEqual(Object.values(places));
  });
});
