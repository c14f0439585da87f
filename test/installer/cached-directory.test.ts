import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cachedDirectory } from '../../src/installer/cached-directory.js';
import { temporary } from '../build/support.js';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = temporary();
  directory = join(parent, 'tree');
});

const fill = (text: string) => async (path: string) => writeFileSync(join(path, 'x'), text);
const content = (): string => readFileSync(join(directory, 'x'), 'utf8');

test('is filled once, and each use of it is written down', async () => {
  expect(await cachedDirectory(directory, fill('first'))).toBe(directory);
  utimesSync(directory, 1, 1);
  await cachedDirectory(directory, fill('second'));
  expect(content()).toBe('first');
  expect(statSync(directory).mtimeMs).toBeGreaterThan(1000);
});

test('leaves nothing when it cannot be filled', async () => {
  await expect(cachedDirectory(directory, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(readdirSync(parent)).toEqual([]);
});

test('takes what another build made meanwhile', async () => {
  await cachedDirectory(directory, async (path) => {
    await fill('ours')(path);
    mkdirSync(directory);
    writeFileSync(join(directory, 'x'), 'theirs');
  });
  expect(content()).toBe('theirs');
  expect(readdirSync(parent)).toEqual(['tree']);
});
