import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Files, kernelFiles, rootUuid, writeTree } from '../verify/disk-image.js';

const script = fileURLToPath(new URL('../../src/bootloader/menu.sh', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-menu-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function menu(files: Files, ...args: string[]) {
  await writeTree(folder, files);
  const rest = args.length > 0 ? args : [rootUuid, '/boot', `UUID=${rootUuid}`];
  return await execa('sh', [script, folder, ...rest], { reject: false, env: { LC_ALL: 'C' } });
}

const linesOf = (text: string, word: string): string[] =>
  [...text.matchAll(new RegExp(`^\t${word} (.*)$`, 'gm'))].map((match) => match[1]!);

it('GRUB itself takes it for a menu', async () => {
  const { stdout } = await menu({
    ...kernelFiles,
    '/etc/os-release': 'PRETTY_NAME="It\'s; $(evil) `x` {1}"\n',
  });
  const { exitCode } = await execa('grub-script-check', { input: `${stdout}\n`, reject: false });
  expect(exitCode).toBe(0);
  expect(stdout).toContain("menuentry 'Its (evil) x 1, with Linux 6.12' {");
});

it('lists kernels newest first, each with its initrd if it has one', async () => {
  const { stdout } = await menu({
    '/boot/vmlinuz-6.9.1': 'x',
    '/boot/vmlinuz-6.12.1': 'x',
    '/boot/initrd.img-6.12.1': 'x',
  });
  expect(linesOf(stdout, 'linux')).toEqual([
    `/boot/vmlinuz-6.12.1 root=UUID=${rootUuid} ro`,
    `/boot/vmlinuz-6.9.1 root=UUID=${rootUuid} ro`,
  ]);
  expect(linesOf(stdout, 'initrd')).toEqual(['/boot/initrd.img-6.12.1']);
  expect(linesOf(stdout, 'search')).toEqual(Array(2).fill(`--no-floppy --fs-uuid --set=root ${rootUuid}`));
});

it('takes the path of a /boot of its own, and the flags of a subvolume', async () => {
  const { stdout } = await menu(kernelFiles, 'a-b', '', '/dev/mapper/vg0-root', 'rootflags=subvol=@');
  expect(linesOf(stdout, 'linux')).toEqual(['/vmlinuz-6.12 root=/dev/mapper/vg0-root ro rootflags=subvol=@']);
});

it('takes plain settings of /etc/default/grub, and runs nothing of it', async () => {
  const settings = [
    'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"',
    `GRUB_CMDLINE_LINUX_DEFAULT="$(touch ${folder}/made)"`,
    'GRUB_TIMEOUT=2',
  ];
  const { stdout } = await menu({ ...kernelFiles, '/etc/default/grub': settings.join('\n') });
  expect(linesOf(stdout, 'linux')[0]).toMatch(/ ro console=tty0 console=ttyS0,115200$/);
  expect(stdout).toMatch(/^set timeout=2$/m);
  expect((await execa('find', [folder, '-name', 'made'])).stdout).toBe('');
});

it('leaves out a kernel whose name means something to GRUB, and fails without any', async () => {
  const { exitCode, stderr } = await menu({ '/boot/vmlinuz-1; halt': 'x' });
  expect([exitCode, stderr]).toEqual([1, 'There is no kernel in /boot.']);
});
