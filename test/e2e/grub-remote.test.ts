import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bench } from './grub/bench.js';
import { images } from './grub/images.js';
import { type RemoteHost, startRemoteHost } from './remote-host.js';

const volume = 'default/large';

let bench: Bench;
let host: RemoteHost;
let image: string;

/** A qcow2 image of 20 GiB, here and as a volume of a host that only ssh reaches. */
beforeAll(async () => {
  bench = await Bench.open();
  host = await startRemoteHost();
  const plain = images.find(({ name }) => name === 'mbr')!;
  image = await bench.copyOf(plain, 'qcow2', 'large');
  await execa('qemu-img', ['resize', '-q', image, '20G']);
  const folder = '/var/lib/libvirt/images';
  await host.virsh('pool-define-as', 'default', 'dir', '--target', folder);
  await host.virsh('pool-start', 'default');
  await host.virsh('vol-create-as', ...volume.split('/'), '20G', '--format', 'qcow2');
  await execa('virsh', ['-c', host.uri, 'vol-upload', '--pool', ...volume.split('/'), image]);
});
afterAll(async () => {
  await host?.stop();
  await bench?.close();
});

const vapp = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await bench.user.vapp(['--connect', host.uri, ...args], {
    reject: false,
  });
  return { exitCode, stdout: String(stdout), stderr: String(stderr) };
};

/** Bytes that came from the host so far. */
const received = async (): Promise<number> =>
  Number(await readFile(`/sys/class/net/${host.link}/statistics/rx_bytes`, 'utf8'));

test('--check of a local image of 20 GiB takes less than a second of a processor', async () => {
  const program = new URL('../../dist/cli/main.js', import.meta.url).pathname;
  const timed = [
    '-c',
    'TIMEFORMAT="%U %S"; time "$@"',
    'bash',
    process.execPath,
    program,
    'grub',
    '--check',
    image,
  ];
  const { stdout, stderr } = await execa('bash', timed, { reject: false, env: bench.user.env });
  expect(stdout).toMatch(/^disk .*: qcow2, 20 GiB$/m);
  const [user = Number.NaN, system = Number.NaN] = stderr.split('\n').at(-1)!.split(' ').map(Number);
  expect(user + system).toBeLessThan(1);
});

test('--check of a remote volume reads only what it needs', async () => {
  const before = await received();
  const { exitCode, stdout } = await vapp('grub', '--check', volume);
  const bytes = (await received()) - before;
  console.log(`--check of a remote volume of 20 GiB: ${bytes} bytes received`);
  expect([exitCode, stdout]).toEqual([6, expect.stringMatching(/^BIOS +would not boot$/m)]);
  expect(bytes).toBeLessThan(4 * 2 ** 20);
});

test('GRUB on a volume of a remote host', async () => {
  const nothing = await host.state();
  const { exitCode, stdout, stderr } = await vapp('grub', volume, '--output', 'plain');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^BIOS +would boot$/m);
  expect(await host.state()).toEqual(nothing);
  expect((await vapp('grub', '--check', volume)).exitCode).toBe(0);
});

test('a file of this machine is not taken for one of the remote host', async () => {
  const { exitCode, stderr } = await vapp('grub', image);
  expect([exitCode, stderr]).toEqual([6, expect.stringContaining('VAPP_BOOTLOADER_UNREACHABLE')]);
});
