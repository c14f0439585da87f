import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { doneBefore, forgetBuild, forgetDone, forgetRest } from '../../../src/build/clean/forget.js';
import type { JournalEntry } from '../../../src/build/records/journal.js';
import { listBuilds } from '../../../src/build/records/records.js';
import { buildFiles } from '../../../src/build/records/workspace.js';
import { temporary, writeBuild } from '../support.js';

const day = 86_400;
const ago = (days: number): Date => new Date(Date.now() - days * day * 1000);
const disk = { kind: 'volume', pool: 'default', name: 'vapp-x.qcow2' } as const;

let builds: string;
beforeEach(() => {
  builds = temporary();
});

/** A build of so many days ago that ended in `state`. */
function write(
  id: string,
  days: number,
  state?: 'done' | 'failed' | 'cancelled',
  more: JournalEntry[] = [],
): void {
  const end = state ? [{ op: 'end', state, at: ago(days).toISOString() } as const] : [];
  const directory = writeBuild(builds, { id, uri: 'test+x://h/?a=1&b=2', entries: [...more, ...end] });
  utimesSync(join(directory, buildFiles.journal), ago(days), ago(days));
}
const ids = (): string[] =>
  listBuilds(builds)
    .map(({ id }) => id)
    .sort();

describe('by age', () => {
  test('only builds that were done are named, and only those that are old enough', async () => {
    write('a', 91, 'done');
    write('b', 89, 'done');
    write('c', 400, 'failed');
    write('d', 400, 'cancelled');
    write('e', 400);
    expect((await doneBefore(90 * day, builds)).map(({ id }) => id)).toEqual(['a']);
    expect((await doneBefore(0, builds)).map(({ id }) => id).sort()).toEqual(['a', 'b']);
  });

  test('a build that was killed after its template was defined counts as done then', async () => {
    const publish = { op: 'stage', stage: 'publish', state: 'done', at: ago(91).toISOString() } as const;
    write('a', 91, undefined, [publish]);
    write('b', 91, undefined, [{ op: 'make', resource: disk }, publish]);
    expect((await doneBefore(90 * day, builds)).map(({ id }) => id).sort()).toEqual(['a', 'b']);
    await forgetDone(builds);
    expect(ids()).toEqual(['b']);
  });

  test('the end of a build counts, not its file', async () => {
    const end = { op: 'end', state: 'done', at: ago(10).toISOString() } as const;
    utimesSync(join(writeBuild(builds, { id: 'a', entries: [end] }), buildFiles.journal), ago(99), ago(99));
    expect(await doneBefore(90 * day, builds)).toEqual([]);
  });

  test('a build forgets what was done 90 days ago, but nothing that left something', async () => {
    write('a', 91, 'done', [{ op: 'make', resource: disk }]);
    write('b', 91, 'done');
    write('c', 91, 'failed');
    write('d', 89, 'done');
    await forgetDone(builds);
    expect(ids()).toEqual(['a', 'c', 'd']);
  });

  test('what a newer vapp wrote is not forgotten, by age or by name', async () => {
    const end = { op: 'end', state: 'done', at: ago(91).toISOString() } as const;
    const o = { id: 'a', begin: { v: 2, version: '9.9.9' }, entries: [end] };
    utimesSync(join(writeBuild(builds, o), buildFiles.journal), ago(91), ago(91));
    expect(await doneBefore(90 * day, builds)).toEqual([]);
    await expect(forgetBuild('a', builds)).rejects.toMatchObject({ code: 'VAPP_BUILD_NEWER' });
    expect(ids()).toEqual(['a']);
  });

  test('no builds at all are no failure', async () => {
    await forgetDone(join(builds, 'none'));
    expect(existsSync(join(builds, 'none'))).toBe(false);
  });
});

describe('by name', () => {
  test.each(['done', 'failed', 'cancelled', undefined] as const)('a build that is %s goes', async (state) => {
    write('a', 1, state);
    await forgetBuild('a', builds);
    expect(readdirSync(builds)).toEqual([]);
  });

  test('a running one never does', async () => {
    writeBuild(builds, { id: 'a', pid: process.pid });
    await expect(forgetBuild('a', builds)).rejects.toMatchObject({
      code: 'VAPP_BUILD_RUNNING',
      hint: 'vapp cancel a',
    });
    expect(ids()).toEqual(['a']);
  });

  test('nor one whose journal still lists what it left', async () => {
    write('a', 400, 'failed', [{ op: 'make', resource: disk }]);
    await expect(forgetBuild('a', builds)).rejects.toMatchObject({
      code: 'VAPP_BUILD_LEFTOVERS',
      why: expect.stringContaining('volume default/vapp-x.qcow2'),
      hint: 'vapp clean a',
    });
    expect(ids()).toEqual(['a']);
  });
});

test('what a kill left on its way out is no build any more, and goes with the next', async () => {
  write('.web-20261130-0a1b2c', 1, 'done');
  mkdirSync(join(builds, 'b'));
  expect(ids()).toEqual([]);
  await forgetDone(builds);
  expect(readdirSync(builds)).toEqual(['b']);
});

describe('a directory without a journal', () => {
  /** Makes one, so many days ago. */
  function make(name: string, days: number): void {
    mkdirSync(join(builds, name));
    utimesSync(join(builds, name), ago(days), ago(days));
  }

  test('is a build that never began, once it is a day old', async () => {
    write('a', 400, 'failed');
    make('young-20261130-0a1b2c', 0.5);
    make('old-20261130-0a1b2c', 2);
    await forgetRest(builds);
    expect(readdirSync(builds).sort()).toEqual(['a', 'young-20261130-0a1b2c']);
  });

  test('that is not named as a build is somebody else’s, and so is a file', async () => {
    make('archive', 400);
    make('.snapshots', 400);
    writeFileSync(join(builds, 'notes-20261130.txt'), '');
    await forgetRest(builds);
    expect(readdirSync(builds).sort()).toEqual(['.snapshots', 'archive', 'notes-20261130.txt']);
  });

  test('stays when its journal cannot be looked at, and keeps no other from going', async () => {
    // A loop: stat(2) says ELOOP, as it says EIO of a disk that fails.
    make('loop-20261130-0a1b2c', 2);
    symlinkSync(buildFiles.journal, join(builds, 'loop-20261130-0a1b2c', buildFiles.journal));
    utimesSync(join(builds, 'loop-20261130-0a1b2c'), ago(2), ago(2));
    make('old-20261130-0a1b2c', 2);
    await forgetRest(builds);
    expect(readdirSync(builds)).toEqual(['loop-20261130-0a1b2c']);
  });
});

test('two at once: both find it gone', async () => {
  write('a', 1, 'done');
  await Promise.all([forgetBuild('a', builds), forgetBuild('a', builds)]);
  await forgetBuild('a', builds);
  expect(readdirSync(builds)).toEqual([]);
});
