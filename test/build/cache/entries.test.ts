import { join, relative } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { cacheEntries } from '../../../src/build/cache/entries.js';
import { seizeCache } from '../../../src/build/cache/lock.js';
import { temporary } from '../support.js';
import { places, put, remains } from './support.js';

let cache: string;
beforeEach(() => {
  cache = temporary();
});

/** Kind and paths, sorted, the latter relative to the cache. */
const entries = async (): Promise<string[]> =>
  (await cacheEntries(cache))
    .map(({ kind, paths }) => `${kind}: ${paths.map((path) => relative(cache, path)).join(' ')}`)
    .sort();

test('a cache that is not there is empty', async () => {
  expect(await cacheEntries(join(cache, 'none'))).toEqual([]);
});

test('each thing is one entry, whatever it consists of, and the lock is none', async () => {
  for (const name of Object.values(places)) put(cache, name);
  seizeCache(cache)?.[Symbol.dispose]();
  const top = (name: string): string => name.split('/').slice(0, 2).join('/');
  expect(await entries()).toEqual(
    [
      `packages: ${places.package}`,
      `repacked: ${places.note} ${places.repacked}`,
      `kits: ${top(places.kit)}`,
      `records: ${places.request}`,
      `finishers: ${places.finisherSum} ${places.finisher}`,
      `bases: ${places.baseSum} ${places.base}`,
      `trees: ${top(places.tree)}`,
      `trees: ${top(places.kernel)}`,
      `partial: ${places.part}`,
      `records: ${places.fresh}`,
      `records: ${places.suite}`,
      'other: lab',
    ].sort(),
  );
});

test('what killed processes leave is temporary, and never part of anything', async () => {
  for (const name of [...Object.values(places), ...remains]) put(cache, name);
  const found = (await entries()).filter((line) => line.startsWith('temporary: '));
  expect(found).toHaveLength(remains.length);
  expect(found).toEqual(
    [
      `temporary: ${remains[0]}`,
      `temporary: ${remains[1]}`,
      `temporary: ${remains[2]}`,
      ...[3, 4].map((index) => `temporary: ${remains[index]!.split('/').slice(0, 2).join('/')}`),
      'temporary: modules-Ab3_x9',
    ].sort(),
  );
});

test('names that vapp does not give are not its own', async () => {
  for (const name of ['kits/mine/x', 'sha256/aa/short', 'notes.txt', '.git/config']) put(cache, name);
  const kinds = (await cacheEntries(cache)).map(({ kind }) => kind);
  expect(kinds).toEqual(['other', 'other', 'other', 'other']);
});

test('sizes are those of du, times those of the last use', async () => {
  const used = new Date('2026-02-03T04:05:06Z');
  put(cache, places.kit, { size: 100_000, used });
  put(cache, places.package, { size: 5000, used });
  const found = await cacheEntries(cache);
  const { stdout } = await execa('du', ['-s', '--block-size=1', ...found.flatMap(({ paths }) => paths)], {
    env: { LC_ALL: 'C' },
  });
  expect(found.map(({ bytes, paths }) => `${bytes}\t${paths[0]}`)).toEqual(stdout.split('\n'));
  expect(found.map((entry) => entry.used)).toEqual([used, used]);
});
