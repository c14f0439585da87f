import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { changed, isUnderWay, readOn, untilOver, whileUnderWay } from '../../../src/build/records/follow.js';
import type { BuildRecord } from '../../../src/build/records/records.js';
import { buildFiles, buildsDirectory } from '../../../src/build/records/workspace.js';
import { temporary, writeBuild } from '../support.js';

const never = new AbortController().signal;
let directory: string;
beforeEach(() => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  directory = writeBuild(buildsDirectory(), { id: 'web-1', pid: process.pid });
});
afterEach(() => vi.unstubAllEnvs());

const end = (at = '2025-01-01T00:00:00Z') =>
  appendFileSync(
    join(directory, buildFiles.journal),
    `${JSON.stringify({ at, op: 'end', state: 'done' })}\n`,
  );

describe('a build is under way', () => {
  const record = (more: Partial<BuildRecord>) => ({ state: 'done', ...more }) as BuildRecord;
  const now = new Date().toISOString();
  test.each([
    ['while it runs', { state: 'running' }, true],
    ['while its process may still be writing what came with the end', { ended: now, pid: 1 }, true],
    ['not when the process has gone', { ended: now }, false],
    [
      'not for ever: a process may have more to do than its build',
      { ended: '2025-01-01T00:00:00Z', pid: 1 },
      false,
    ],
    ['not when it is dead', { state: 'dead' }, false],
  ] as const)('%s', (_, more, expected) => {
    expect(isUnderWay(record(more))).toBe(expected);
  });
});

test('a file is read on from where it ended, also one that is not there yet', async () => {
  const file = join(directory, 'x.log');
  let text = '';
  const sink = (chunk: Buffer) => {
    text += chunk;
  };
  expect(await readOn(file, 0, sink)).toBe(0);
  writeFileSync(file, 'caf\u00e9');
  expect(await readOn(file, 0, sink)).toBe(5);
  expect(await readOn(file, 5, sink)).toBe(5);
  appendFileSync(file, '!');
  expect(await readOn(file, 5, sink)).toBe(6);
  expect(text).toBe('caf\u00e9!');
});

test('looks at once, after each change, and once more when the build is over', async () => {
  const looks: number[] = [];
  await whileUnderWay('web-1', never, async () => {
    looks.push(looks.length);
    if (looks.length === 2) end();
  });
  expect(looks.length).toBeGreaterThanOrEqual(3);
});

test('waits for the end and gives the record; a signal ends the waiting with its reason', async () => {
  const stop = new AbortController();
  const given = untilOver('web-1', stop.signal);
  stop.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  const waiting = untilOver('web-1', never);
  end();
  expect(await waiting).toMatchObject({ id: 'web-1', state: 'done' });
});

test('where no watch can be had, it waits its second', async () => {
  // A directory that is not there stands for a user whose watches are used up.
  await changed(join(directory, 'nowhere'), never);
});
