import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchOutput } from '../../src/cli/standard-output.js';
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

test('nor what is said of a wrong command line: its status stays', async () => {
  const run = home.start(['bogus', '--output', 'json']);
  run.stdout?.destroy();
  expect(await run).toMatchObject({ exitCode: 2, stderr: expect.not.stringContaining('EPIPE') });
});

test('a file whose disk fails is no terminal that was closed', () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  watchOutput(new AbortController());
  const { exitCode } = process;
  process.stdout.emit('error', Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }));
  const status = process.exitCode;
  process.exitCode = exitCode;
  expect([said.mock.calls.flat(), status]).toEqual([
    ['error: cannot write to standard output: EIO: i/o error, write\n'],
    1,
  ]);
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
  watchOutput(stop);
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  process.stdout.emit('error', closed);
  process.stdout.emit('error', closed);
  expect(stop.signal.reason).toMatchObject({
    code: 'VAPP_CANCELLED',
    message: 'cancelled: standard output is closed',
    cause: closed,
  });
});

test('a terminal that is closed cancels, and the clean-up comes to its end', async () => {
  const file = join(home.path, 'word');
  const inTerminal = new URL('./in-terminal.mjs', import.meta.url).pathname;
  // script(1) holds the other side of a terminal.
  const terminal = execa('script', ['-qec', `${process.execPath} ${inTerminal} ${file}`, '/dev/null'], {
    env: home.env,
    reject: false,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await expect.poll(() => existsSync(file), { timeout: 15_000 }).toBe(true);
  terminal.kill('SIGKILL');
  const word = () => readFileSync(file, 'utf8');
  await expect.poll(word, { timeout: 15_000 }).toMatch(/^VAPP_CANCELLED(_SIGHUP)?\n$/);
});
