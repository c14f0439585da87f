import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { lookUp, store } from '../../src/archive/cache.js';
import { markUsed, useIfPresent } from '../../src/archive/use.js';
import { temporary } from '../build/support.js';

const old = new Date('2026-01-02T03:04:05Z');
const isNew = (path: string): boolean => statSync(path).mtimeMs > Date.now() - 60_000;

let path: string;
beforeEach(() => {
  path = join(temporary(), 'x');
});

test.each([
  ['file', () => writeFileSync(path, '')],
  ['directory', () => mkdirSync(path)],
])('the use of a %s is its modification time', async (_, make) => {
  make();
  utimesSync(path, old, old);
  expect(await markUsed(path)).toBe(true);
  expect(isNew(path)).toBe(true);
});

test('a second use within the hour changes nothing', async () => {
  writeFileSync(path, '');
  const recently = new Date(Date.now() - 3_000_000);
  utimesSync(path, recently, recently);
  expect(await markUsed(path)).toBe(false);
  expect(statSync(path).mtime).toEqual(recently);
});

test('a time that lies ahead is set right', async () => {
  writeFileSync(path, '');
  utimesSync(path, old, new Date(Date.now() + 90_000_000));
  await markUsed(path);
  expect(isNew(path) && statSync(path).mtimeMs <= Date.now()).toBe(true);
});

test('what is not there is not made', async () => {
  expect([await markUsed(path), await useIfPresent(path)]).toEqual([false, false]);
  expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('looking a file up is a use of it, and not damage', async () => {
  const cache = temporary();
  const sha256 = await store(cache, Buffer.from('text'));
  path = join(cache, 'sha256', sha256.slice(0, 2), sha256);
  utimesSync(path, old, old);
  expect(await lookUp(cache, sha256)).toBe('good');
  expect(isNew(path)).toBe(true);
  expect(await lookUp(cache, sha256)).toBe('good');
});
