import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
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

test('a full disk is an error', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [program, 'schema'], {
    env: home.env,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect([status, stderr]).toEqual([
    1,
    'error: cannot write to standard output: ENOSPC: no space left on device, write\n',
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
