import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { uuidOf } from '../../scripts/lab-files/emulator.mjs';
import { emulatorCommand, emulatorDirectory } from '../../scripts/lab-files/emulator-files.mjs';
import { claim, claims, identify, remove } from '../../scripts/lab-files/places.mjs';
import { newRecord, writeRecord } from '../../scripts/lab-files/run-state.mjs';
import { isAlive } from '../../src/build/records/process-identity.js';

const program = new URL('../../scripts/lab', import.meta.url).pathname;

let directory: string;
let state: string;
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapp-lab-'));
  state = join(directory, 'state/vapp/lab');
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

const environment = () => ({
  ...process.env,
  XDG_CACHE_HOME: join(directory, 'cache'),
  XDG_STATE_HOME: join(directory, 'state'),
  PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
});

const lab = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: environment() });
  return { status, stdout, stderr };
};

/** A process with QEMU's name and a UUID among its arguments. */
const emulator = async (id: string): Promise<ChildProcess> => {
  const args = ['-e', 'console.log("up"); setInterval(() => {}, 1000)', '--', '-uuid', id];
  const child = spawn(process.execPath, args, {
    argv0: '/usr/bin/qemu-system-x86_64',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
};

const endOf = (child: ChildProcess) =>
  new Promise((resolve) => child.once('exit', (_, name) => resolve(name)));

/** What a start leaves that was ready, or is not yet. */
const putRun = (id: string, o: object = {}) => {
  const place = join(state, 'run');
  mkdirSync(place, { recursive: true });
  const record = newRecord({ id, mode: 'kvm', memory: 1, processors: 1, port: 1, image: '/images/0' });
  writeRecord(place, { ...record, ready: 'now', ...o });
};

const deadStarter = { pid: process.pid, started: '1', boot: 'another' };

const imageDirectory = () => (JSON.parse(lab('status', '--json').stdout) as { image: string }).image;

const putImage = (): string => {
  const image = imageDirectory();
  mkdirSync(image, { recursive: true });
  writeFileSync(join(image, 'host-key.pub'), 'ssh-ed25519 AAAA root@lab\n');
  execFileSync('truncate', ['-s', '1M', join(image, 'disk.raw')]);
  return image;
};

describe('without a lab', () => {
  test('status says so, and makes nothing', () => {
    expect(lab('status')).toMatchObject({ status: 0, stdout: expect.stringContaining('No lab runs.') });
    expect(readdirSync(directory)).toEqual([]);
  });

  test('stop is content, ssh is not', () => {
    expect(lab('stop')).toMatchObject({ status: 0, stdout: 'No lab runs.\n' });
    expect(lab('ssh', 'true')).toMatchObject({ status: 1, stderr: expect.stringContaining('no lab runs') });
  });

  test('start tells how to make the image', () => {
    expect(lab('start', 'kvm')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('scripts/lab create'),
    });
  });

  test('a wrong command line is answered with the usage', () => {
    expect(lab('start', 'vmware')).toMatchObject({ status: 2, stderr: expect.stringContaining('usage:') });
  });
});

describe('with a lab', () => {
  test('a second start is refused', async () => {
    const { pid } = await emulator('mine');
    putRun('mine');
    expect(lab('start', 'xen')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the lab runs already, as a Linux/KVM host'),
    });
    expect(JSON.parse(lab('status', '--json').stdout)).toMatchObject({ state: 'running', pid, mode: 'kvm' });
  });

  test('stop ends its process and no other', async () => {
    const [mine, other] = [await emulator('mine'), await emulator('other')];
    putRun('mine');
    const end = endOf(mine);
    expect(lab('stop')).toMatchObject({ status: 0, stdout: 'The lab is stopped.\n' });
    expect(await end).toBe('SIGTERM');
    expect(identify(other.pid!)).toBeDefined();
    expect(existsSync(join(state, 'run'))).toBe(false);
  });

  test('a start under way is not disturbed by another', async () => {
    await emulator('mine');
    putRun('mine', { ready: undefined });
    expect(lab('start', 'kvm')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`process ${process.pid} is starting the lab`),
    });
  });

  test('destroy leaves nothing', async () => {
    await emulator('mine');
    putImage();
    putRun('mine');
    writeFileSync(join(state, 'run/console.log'), 'text');
    expect(lab('destroy').status).toBe(0);
    expect(existsSync(state)).toBe(false);
    expect(existsSync(join(directory, 'cache/vapp/lab'))).toBe(false);
  });
});

describe('after a kill', () => {
  test('of QEMU, the next command removes its files, says so, and keeps the console', () => {
    putRun('gone');
    writeFileSync(join(state, 'run/console.log'), 'last words');
    expect(lab('status').stderr).toMatch(/ended by itself, or was killed.*last-console\.log/);
    expect(readdirSync(state)).toEqual(['last-console.log']);
    expect(lab('status').stderr).toBe('');
  });

  test('of start, status names the QEMU that goes on, and stop ends it', async () => {
    const child = await emulator('mine');
    putRun('mine', { ready: undefined, starter: deadStarter });
    expect(lab('status').stdout).toContain(
      `QEMU (process ${child.pid}) runs, but whoever started the lab ended`,
    );
    const end = endOf(child);
    expect(lab('stop').status).toBe(0);
    expect(await end).toBe('SIGTERM');
  });

  test('of commands in the middle of their work, half made directories go, those of the living stay', () => {
    const dead = join(state, '.run.1.1.another-boot');
    mkdirSync(join(dead, 'content'), { recursive: true });
    const own = claim(state, 'run');
    lab('status');
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(own)).toBe(true);
  });
});

test('of a start that is killed nothing is left, without another command', async () => {
  const loader = emulatorCommand(join(putImage(), emulatorDirectory)).program;
  mkdirSync(dirname(loader), { recursive: true });
  // A program that takes QEMU's options and runs on.
  const source = '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n';
  execFileSync('gcc', ['-x', 'c', '-', '-o', loader], { input: source });
  const start = spawn(program, ['start', 'kvm', '--memory', '2048'], { env: environment(), stdio: 'ignore' });
  children.push(start);
  const run = () => JSON.parse(lab('status', '--json').stdout) as { state: string; pid?: number };
  await expect.poll(run, { timeout: 20_000 }).toMatchObject({ state: 'starting', pid: expect.any(Number) });
  const emulated = identify(run().pid!)!;
  const end = endOf(start);
  start.kill('SIGKILL');
  await end;
  await expect.poll(() => readdirSync(state), { timeout: 20_000 }).toEqual([]);
  expect(isAlive(emulated)).toBe(false);
});

test('a QEMU that ends at once is reported with its words, and nothing is left', () => {
  const image = putImage();
  const loader = emulatorCommand(join(image, emulatorDirectory)).program;
  mkdirSync(dirname(loader), { recursive: true });
  // Node takes none of QEMU's options.
  symlinkSync(process.execPath, loader);
  const result = lab('start', 'kvm', '--memory', '2048');
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(/QEMU has ended\n.*bad option/s);
  expect(readdirSync(state)).toEqual([]);
});

describe('claims', () => {
  test('are alive as long as the process, not the number, is', () => {
    const path = claim(directory, 'image');
    expect(claims(directory)).toEqual([{ path, purpose: 'image', pid: process.pid, alive: true }]);
    const me = identify(process.pid)!;
    expect(isAlive({ ...me, started: '1' })).toBe(false);
    expect(isAlive({ ...me, boot: 'x' })).toBe(false);
  });

  test('remove takes a directory away at once', () => {
    const path = join(directory, 'x');
    mkdirSync(join(path, 'y'), { recursive: true });
    remove(path, directory);
    expect(readdirSync(directory)).toEqual([]);
  });
});

test.each([
  ['/usr/bin/qemu-system-x86_64\0-name\0x\0-uuid\0u-1\0', 'u-1'],
  ['less\0-uuid\0u-1\0', undefined],
  ['qemu-system-x86_64\0-name\0u-1\0', undefined],
  ['', undefined],
])('the UUID of %j is %j', (cmdline, expected) => {
  expect(uuidOf(cmdline)).toBe(expected);
});
