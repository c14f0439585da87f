import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = new URL('../../scripts/lab', import.meta.url).pathname;

let directory: string;
let images: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapp-lab-'));
  images = join(directory, 'cache/vapp/lab');
  mkdirSync(join(directory, 'bin'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const environment = () => ({
  ...process.env,
  XDG_CACHE_HOME: join(directory, 'cache'),
  XDG_STATE_HOME: join(directory, 'state'),
  PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
});

const lab = (...args: string[]) => spawnSync(program, args, { encoding: 'utf8', env: environment() });

/** What stands in for mmdebstrap; $tree is where it has to work. */
const putMmdebstrap = (script: string) => {
  const text = `#!/bin/sh\nset -e\nwhile [ $# -gt 3 ]; do shift; done\ntree=$1\n${script}\n`;
  writeFileSync(join(directory, 'bin/mmdebstrap'), text, { mode: 0o755 });
};

const tree = `mkdir -p $tree/boot $tree/etc/ssh
echo linux > $tree/boot/vmlinuz-6; echo initrd > $tree/boot/initrd.img-6; echo xen | gzip > $tree/boot/xen-4-amd64.gz
echo key > $tree/etc/ssh/ssh_host_ed25519_key.pub
lib=$tree/usr/lib/x86_64-linux-gnu
mkdir -p $tree/usr/bin $lib/qemu $lib/other $tree/usr/share/qemu $tree/usr/share/seabios
for file in $tree/usr/bin/qemu-system-x86_64 $lib/libc.so.6 $lib/libc.a $lib/other/x.so $lib/qemu/hw.so; do echo x > $file; done
ln -s libc.so.6 $lib/libc.so`;

/** A sleep that no other test has. */
const duration = `3000.${process.pid}`;
const isAsleep = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => commandLine(pid) === `sleep\0${duration}\0`);
const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};
const until = async (question: () => boolean) => {
  while (!question()) await sleep(50);
};

const startSleeper = async () => {
  putMmdebstrap(`${tree}; sleep ${duration} & wait`);
  const child = spawn(program, ['create'], { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
  await until(isAsleep);
  return child;
};

test('the image comes to its place whole, and takes that of an older recipe away', () => {
  putMmdebstrap(tree);
  const older = join(images, '0123456789abcdef');
  mkdirSync(older, { recursive: true });
  writeFileSync(join(older, 'disk.raw'), '');
  const { status, stdout } = lab('create');
  expect(status).toBe(0);
  const names = readdirSync(images);
  expect(names).toHaveLength(1);
  expect(stdout).toMatch(`${names[0]} made in`);
  const image = join(images, names[0]!);
  expect(readdirSync(image).sort()).toEqual(
    ['disk.raw', 'host-key.pub', 'initrd.img', 'log', 'qemu', 'vmlinuz', 'xen'].sort(),
  );
  expect(readdirSync(join(image, 'qemu/usr/lib/x86_64-linux-gnu')).sort()).toEqual([
    'libc.so',
    'libc.so.6',
    'qemu',
  ]);
  expect(readdirSync(join(image, 'qemu/usr/bin'))).toEqual(['qemu-system-x86_64']);
  expect(readFileSync(join(image, 'xen'), 'utf8')).toBe('xen\n');
  const shown = spawnSync('debugfs', ['-R', 'cat /boot/vmlinuz-6', join(image, 'disk.raw')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  expect(shown.stdout).toBe('linux\n');
  expect(lab('create').stdout).toMatch(/is there already/);
});

test('when mmdebstrap fails its last words are shown and nothing is left', () => {
  putMmdebstrap('mkdir -p $tree/x; echo "E: no such suite" >&2; exit 1');
  expect(lab('create')).toMatchObject({ status: 1, stderr: expect.stringContaining('E: no such suite') });
  expect(readdirSync(images)).toEqual([]);
});

test('after a kill its programs end, and the next command removes what is left', async () => {
  const child = await startSleeper();
  const second = lab('create');
  expect(second).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`${child.pid} is making an image`),
  });
  expect(lab('status').stdout).toContain(`process ${child.pid} is making one`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => !isAsleep());
  expect(lab('status').stderr).toContain('removed what an interrupted command has left');
  expect(readdirSync(images)).toEqual([]);
});

test('a signal ends it without leftovers', async () => {
  const child = await startSleeper();
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(1);
  expect(isAsleep()).toBe(false);
  expect(existsSync(images) && readdirSync(images)).toEqual([]);
});
