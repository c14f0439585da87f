import { closeSync, openSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchStandardOutput } from '../../src/cli/standard-output.js';
import { Home, program } from './vapp.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => {
  home.remove();
  process.stdout.removeAllListeners('error');
  vi.restoreAllMocks();
});

test.each([['schema'], ['builds'], ['--help']])('nobody reads what %s prints: no error', async (command) => {
  const run = home.start([command]);
  run.stdout?.destroy();
  expect(await run).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a full disk is an error', async () => {
  // Not execa's `file`, which would be a pipe to us.
  const full = openSync('/dev/full', 'w');
  const { exitCode, stderr } = await execa(process.execPath, [program, 'schema'], {
    env: home.env,
    extendEnv: false,
    reject: false,
    stdout: full,
  });
  closeSync(full);
  expect([exitCode, stderr]).toEqual([
    1,
    'error: cannot write to standard output: ENOSPC: no space left on device, write',
  ]);
});

test('a build whose reader has gone is cancelled, once', () => {
  const stop = new AbortController();
  watchStandardOutput(stop);
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  process.stdout.emit('error', closed);
  process.stdout.emit('error', closed);
  expect(stop.signal.reason).toMatchObject({
    code: 'VAPP_CANCELLED',
    message: 'cancelled: standard output is closed',
    cause: closed,
  });
});
