import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdFile } from '../../src/archive/hold.js';

const key = 'a'.repeat(64);
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'vapp-hold-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

test('one at a time; the next one knows that it has waited; nothing stays behind', async () => {
  const log: string[] = [];
  const fetch = async (name: string) => {
    const held = await holdFile(cache, key);
    log.push(`${name} ${held.waited}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    log.push(`${name} ends`);
    held[Symbol.dispose]();
  };
  await Promise.all(['a', 'b', 'c'].map(fetch));
  expect(log.filter((line) => line.endsWith('true'))).toHaveLength(2);
  expect(log.map((line) => line.endsWith('ends'))).toEqual([false, true, false, true, false, true]);
  expect(readdirSync(join(cache, 'parts'))).toEqual([]);
});

test('another file is none of its business', async () => {
  await holdFile(cache, key);
  const other = await holdFile(cache, 'b'.repeat(64));
  expect(other).toMatchObject({ waited: false, alone: true });
});

test('whoever has no patience goes on, and is told that it is not alone', async () => {
  await holdFile(cache, key);
  expect(await holdFile(cache, key, { patience: 0 })).toMatchObject({ alone: false });
});

test('an abort ends the wait', async () => {
  await holdFile(cache, key);
  const signal = AbortSignal.abort(new Error('cancelled'));
  await expect(holdFile(cache, key, { signal })).rejects.toThrow('cancelled');
});

test('a process that is killed holds nothing any more', async () => {
  const module = new URL('../../dist/archive/hold.js', import.meta.url).href;
  const code = `const { holdFile } = await import(${JSON.stringify(module)});
    globalThis.held = await holdFile(${JSON.stringify(cache)}, ${JSON.stringify(key)});
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  await once(child.stdout, 'data');
  const next = holdFile(cache, key);
  child.kill('SIGKILL');
  const held = await next;
  expect(held).toMatchObject({ waited: true, alone: true });
});

test('a cache in which nothing can be written is said by the download, not here', async () => {
  writeFileSync(join(cache, 'file'), '');
  expect(await holdFile(join(cache, 'file'), key)).toMatchObject({ waited: false, alone: false });
});
