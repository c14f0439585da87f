import { once } from 'node:events';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildFiles } from '../../src/build/records/workspace.js';
import { VappError } from '../../src/errors.js';
import { createBuildLog } from '../../src/report/index.js';
import { writeBuild } from '../build/support.js';
import { Home, lines } from './vapp.js';

const id = 'web-20250102-abcdef';
let home: Home;
let directory: string;
const children: { kill(): unknown }[] = [];
beforeEach(() => {
  home = new Home();
  directory = join(home.builds, id);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  home.remove();
});

/** A process that is a running build for everybody who looks. */
async function start(...state: string[]) {
  const program = new URL('./fake-build.mjs', import.meta.url).pathname;
  const child = execa(process.execPath, [program, directory, ...state], { env: home.env, reject: false });
  children.push({ kill: () => child.kill('SIGKILL') });
  await once(child.stdout, 'data');
  // A child is thenable, so it is not handed over bare.
  return { child };
}

/** A command that goes on until it is told to stop. */
function follow(...args: string[]) {
  const child = home.start(args);
  children.push({ kill: () => child.kill('SIGKILL') });
  return child;
}

const dead = lines`
  error: build web-20250102-abcdef is dead  VAPP_BUILD_DEAD
    its process is gone without an end, in the stage install
    → vapp clean --connect test:///default
`;

describe('a build of a newer vapp', () => {
  beforeEach(() => {
    const entries = [
      { op: 'make', resource: { kind: 'volume', pool: 'p', name: 'x' } },
      { op: 'end', state: 'failed', code: 'VAPP_X', message: 'no' },
    ] as const;
    writeBuild(home.builds, { id, begin: { v: 2, version: '9.9.9' }, entries });
  });

  test.each(['resume', 'forget'])('%s leaves it alone', async (command) => {
    const { status, stderr } = await home.vapp(command, id);
    expect([status, stderr]).toEqual([
      3,
      expect.stringContaining(`build ${id} is of a newer vapp  VAPP_BUILD_NEWER`),
    ]);
  });

  test('builds and wait show what they can', async () => {
    const { stdout = '' } = await home.vapp('builds', '--output', 'json');
    expect(JSON.parse(stdout).builds).toMatchObject([{ id, state: 'failed', newer: '9.9.9' }]);
    expect(await home.vapp('wait', id)).toMatchObject({ stdout: `${id} failed: no (VAPP_X)` });
  });

  test('cancel does not signal its process', async () => {
    writeBuild(home.builds, { id: 'new-1', pid: process.pid, begin: { v: 2, version: '9.9.9' } });
    let signals = 0;
    const count = (): void => void signals++;
    process.on('SIGUSR2', count);
    const { status, stderr } = await home.vapp('cancel', 'new-1');
    process.off('SIGUSR2', count);
    expect([status, signals, stderr]).toEqual([3, 0, expect.stringContaining('VAPP_BUILD_NEWER')]);
  });
});

describe('cancel', () => {
  test('waits for the clean-up and says what happened', async () => {
    const { child: build } = await start();
    expect(await home.vapp('cancel', 'web')).toEqual({
      status: 0,
      stdout: `cancelled ${id} in install; nothing is left of it`,
    });
    await build;
  });

  test('as JSON', async () => {
    await start();
    const { stdout } = await home.vapp('cancel', id, '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({ v: 1, id, state: 'cancelled', leftovers: [] });
  });

  test('two at once: both wait for the same end', async () => {
    // Long enough for a busy machine to start the second.
    await start('cancelled', '10000');
    const both = await Promise.all([home.vapp('cancel', id), home.vapp('cancel', id)]);
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
  });

  test('a build that was done before it could be cancelled', async () => {
    await start('done');
    expect(await home.vapp('cancel', id)).toEqual({
      status: 9,
      stderr: lines`
        error: build web-20250102-abcdef has ended: done  VAPP_BUILD_ENDED
          its template is defined
          → vapp show web-20250102-abcdef
      `,
    });
  });

  test('several: what has ended already keeps no other one running', async () => {
    const { child: build } = await start();
    const other = 'old-20250101-000000';
    writeBuild(home.builds, { id: other, entries: [{ op: 'end', state: 'done' }] });
    const { status, stdout, stderr } = await home.vapp('cancel', other, id, id);
    expect([status, stdout]).toEqual([9, `cancelled ${id} in install; nothing is left of it`]);
    expect(stderr).toContain(`build ${other} has ended: done`);
    await build;
  });

  test('an unknown build: nothing is cancelled', async () => {
    const { child: build } = await start();
    expect(await home.vapp('cancel', id, 'nobody')).toMatchObject({
      status: expect.any(Number),
      stderr: expect.stringContaining('VAPP_BUILD_UNKNOWN'),
    });
    expect(build.exitCode).toBeNull();
  });

  test('all errors are told', async () => {
    for (const old of ['a-1', 'b-1'])
      writeBuild(home.builds, { id: old, entries: [{ op: 'end', state: 'done' }] });
    const { stderr } = await home.vapp('cancel', 'a-1', 'b-1');
    expect(stderr).toMatch(/build b-1 has ended: done[\s\S]*build a-1 has ended: done/);
  });

  test('a dead build: there is nothing to cancel, but something to clean', async () => {
    writeBuild(home.builds, { id, entries: [{ op: 'stage', stage: 'install', state: 'start' }] });
    expect(await home.vapp('cancel', id)).toEqual({ status: 9, stderr: dead });
  });
});

describe('attach', () => {
  test('Ctrl-C leaves the build running', async () => {
    await start();
    const attached = follow('attach', id);
    await once(attached.stdout!, 'data');
    attached.kill('SIGINT');
    expect(await attached).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^\[ +0 s\] install\n\[ +0 s\] install: +10 % partitioning\n\[ +\d s\] detached; the build goes on → vapp attach web-/,
      ),
    });
    expect((await home.vapp('builds')).stdout).toMatch(/^web-20250102-abcdef +running +install /m);
  });

  test('ends with the build: its status, its error', async () => {
    await start();
    const attached = follow('attach', id);
    await once(attached.stdout!, 'data');
    await home.vapp('cancel', id);
    expect(await attached).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error: Error: cancelled by vapp cancel'),
    });
  });

  test('a build whose process is killed meanwhile', async () => {
    const { child: build } = await start();
    const attached = follow('attach', id);
    await once(attached.stdout!, 'data');
    build.kill('SIGKILL');
    expect(await attached).toMatchObject({ exitCode: 9, stderr: expect.stringContaining(dead) });
  });

  test('says where the template is', async () => {
    await start('done');
    const attached = follow('attach', id);
    await once(attached.stdout!, 'data');
    await home.vapp('cancel', id);
    const { exitCode, stdout } = await attached;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ template web on test:\/\/\/default \(1 s\)\nweb is a template on test:/);
  });
});

describe('show', () => {
  test('of a running build: its process, and how to see more', async () => {
    const { child } = await start();
    expect((await home.vapp('show', id)).stdout).toContain(
      `\nprocess  ${child.pid}\n         → vapp attach ${id}\n`,
    );
  });

  test('of a failed one: why, as its log has it', async () => {
    writeBuild(home.builds, { id, entries: [{ op: 'end', state: 'failed', code: 'VAPP_X', message: 'x' }] });
    const log = createBuildLog(join(directory, buildFiles.log));
    log.fail(new VappError('VAPP_HOST_POOL', 'there is no pool', { why: 'nobody made it', hint: 'make it' }));
    await log.close();
    expect((await home.vapp('show', id)).stdout).toContain(
      '\nerror    VAPP_HOST_POOL: there is no pool\n         nobody made it\n         → make it\n',
    );
  });

  test('of one that could not log why it failed: what its journal has, not why an earlier run failed', async () => {
    mkdirSync(directory, { recursive: true });
    const log = createBuildLog(join(directory, buildFiles.log));
    log.fail(new VappError('VAPP_HOST_POOL', 'there is no pool'));
    await log.close();
    const end = {
      op: 'end',
      state: 'failed',
      code: 'VAPP_BUILD_STORAGE',
      message: 'the disk is full',
    } as const;
    await sleep(5);
    writeBuild(home.builds, { id, entries: [end] });
    const { stdout } = await home.vapp('show', id);
    expect(stdout).toContain('\nerror    VAPP_BUILD_STORAGE: the disk is full\n');
    expect(stdout).not.toContain('VAPP_HOST_POOL');
  });
});

describe('wait', () => {
  const ended = (name: string, end: object) =>
    writeBuild(home.builds, { id: name, entries: [{ op: 'end', state: 'done', ...end }] });
  const failed = { state: 'failed', code: 'VAPP_VERIFY_BOOT', message: 'it does not boot' };

  test('the first build that was not done gives the status', async () => {
    ended('a-1', {});
    ended('b-1', failed);
    ended('c-1', { state: 'cancelled', code: 'VAPP_CANCELLED_SIGINT', message: 'cancelled by SIGINT' });
    expect(await home.vapp('wait', 'a', 'b', 'c')).toEqual({
      status: 7,
      stdout: expect.stringContaining('b-1 failed: it does not boot (VAPP_VERIFY_BOOT)'),
    });
    expect(await home.vapp('wait', 'a', 'c', 'b')).toMatchObject({ status: 130 });
    expect(await home.vapp('wait', 'a')).toEqual({ status: 0, stdout: 'a-1 done' });
  });

  test('a dead build has a status of its own', async () => {
    writeBuild(home.builds, { id });
    expect(await home.vapp('wait', id)).toMatchObject({ status: 9 });
  });

  test('one that was killed once its template was defined is done, as show and builds say, too', async () => {
    const disk = { kind: 'volume', pool: 'default-pool', name: `vapp-build-${id}-kernel` } as const;
    const entries = [
      { op: 'make', resource: disk },
      { op: 'stage', stage: 'publish', state: 'done' },
    ] as const;
    writeBuild(home.builds, { id, entries });
    expect(await home.vapp('wait', id)).toEqual({ status: 0, stdout: `${id} done` });
    expect((await home.vapp('builds')).stdout).toMatch(/ done +publish /);
    const { stdout } = await home.vapp('show', id);
    expect(stdout).toMatch(/^state {4}done$/m);
    expect(stdout).toContain(`left     volume default-pool/${disk.name}\n         → vapp clean`);
    await home.vapp('clean', '-c', 'test:///default');
    expect((await home.vapp('show', id)).stdout).not.toContain('left ');
  });

  test('waits for the end', async () => {
    await start('done');
    const waiting = follow('wait', id);
    await sleep(500);
    expect(waiting.exitCode).toBeNull();
    await home.vapp('cancel', id);
    expect(await waiting).toMatchObject({ exitCode: 0, stdout: `${id} done` });
  });

  test('Ctrl-C ends the waiting alone', async () => {
    const { child: build } = await start();
    const waiting = follow('wait', id);
    await sleep(1500);
    waiting.kill('SIGINT');
    expect(await waiting).toMatchObject({
      exitCode: 130,
      stderr: expect.stringContaining('no longer waiting; the builds go on'),
    });
    expect(build.exitCode).toBeNull();
  });

  test('as JSON', async () => {
    ended('b-1', failed);
    const { status, stdout } = await home.vapp('wait', 'b', '--output', 'json');
    expect(status).toBe(7);
    expect(JSON.parse(stdout ?? '')).toEqual({
      v: 1,
      builds: [expect.objectContaining({ id: 'b-1', ...failed, status: 7 })],
    });
  });
});

describe('console', () => {
  const write = (file: string, text: string) => appendFileSync(join(directory, file), text);

  test('follows the guest that runs, then the next one, until the build ends', async () => {
    await start('done');
    write(buildFiles.console, `${'x'.repeat(79)}\n`.repeat(100));
    const following = follow('console', id);
    let shown = '';
    for await (const chunk of following.stdout!) {
      shown += chunk;
      if (shown.endsWith('x\n')) write(buildFiles.finisherConsole, 'finisher\n');
      if (shown.endsWith('finisher\n')) write(buildFiles.verify, 'login: \n');
      if (shown.endsWith('login: \n')) await home.vapp('cancel', id);
    }
    expect(await following).toMatchObject({ exitCode: 0 });
    // Of what was there before, about a screen.
    expect(shown).toBe(`${'x'.repeat(79)}\n`.repeat(24).concat('finisher\nlogin: \n'));
  });

  test('a build that is over has no guest', async () => {
    writeBuild(home.builds, { id, entries: [{ op: 'end', state: 'done' }] });
    expect(await home.vapp('console', id)).toEqual({
      status: 9,
      stderr: lines`
        error: build web-20250102-abcdef has ended: done  VAPP_BUILD_ENDED
          no guest of it runs any more
          → vapp logs --log console web-20250102-abcdef
      `,
    });
  });
});

test('logs -f of vapp’s own log has the end of the build too', async () => {
  await start('done');
  const following = follow('logs', '-f', '--log', 'vapp', id);
  await once(following.stdout!, 'data');
  await home.vapp('cancel', id);
  expect((await following).stdout).toMatch(/\] template web on test:\/\/\/default \(1 s\)$/);
});
