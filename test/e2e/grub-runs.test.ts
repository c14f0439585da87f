import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { refuseHere } from '../../src/build/grub/in-use-here.js';
import type { GrubTarget } from '../../src/build/grub/target.js';
import { mebibyte } from '../verify/disk-image.js';
import { Bench, digest, leftOnHost } from './grub/bench.js';
import { images } from './grub/images.js';
import { grubModules } from './grub/system.js';
import { atStep, interruptVapp } from './interrupt.js';
import { virsh } from './vapp.js';

const plain = images.find(({ name }) => name === 'mbr')!;
const title = `vapp-e2e-grub-${process.pid}`;

let bench: Bench;
let before: string[];
beforeAll(async () => {
  bench = await Bench.open();
  before = await leftOnHost();
});
afterEach(async () => expect(await leftOnHost()).toEqual(before));
afterAll(() => bench.close());

const backups = () => join(bench.user.env.XDG_STATE_HOME, 'vapp/grub-backups');

/** Those in /boot/grub of the root, which is the partition in the second MiB. */
async function modulesOn(image: string): Promise<string[]> {
  const { stdout } = await execa('debugfs', [
    '-R',
    'ls -p /boot/grub/i386-pc',
    `${image}?offset=${mebibyte}`,
  ]);
  return [...stdout.matchAll(/\/([^/]*\.mod)\//g)].map(([, name]) => name!).sort();
}

test('all modules are in the image; what was done is undone, to the bit', async () => {
  const image = await bench.copyOf(plain, 'raw', 'undone');
  const original = await digest(image);
  const backup = join(bench.folder, 'backup');
  expect((await bench.vapp('grub', image, '--backup', backup)).exitCode).toBe(0);
  expect(await digest(image)).not.toBe(original);
  expect(await modulesOn(image)).toEqual(await grubModules());
  expect((await bench.vapp('grub', image, '--restore', backup)).exitCode).toBe(0);
  expect(await digest(image)).toBe(original);
  expect((await bench.vapp('grub', image, '--restore', backup)).stdout).toContain('already as it was');
});

describe('ended early', () => {
  /** The last step before the host lets the guest write. */
  const lastBefore = atStep('release');

  test('by Ctrl-C before anything is written: the image is as it was', async () => {
    const image = await bench.copyOf(plain, 'raw', 'cancelled');
    const original = await digest(image);
    const end = await interruptVapp(bench.user, ['grub', image], {
      ...{ signal: 'SIGINT', when: lastBefore, after: 0 },
    });
    expect(end).toMatchObject({ exitCode: 130 });
    expect(await digest(image)).toBe(original);
  });

  test('by kill -9 before anything is written: the image is as it was, and vapp clean removes the rest', async () => {
    const image = await bench.copyOf(plain, 'raw', 'killed');
    const original = await digest(image);
    const end = await interruptVapp(bench.user, ['grub', image], {
      ...{ signal: 'SIGKILL', when: lastBefore, after: 0 },
    });
    expect(end).toMatchObject({ signal: 'SIGKILL' });
    expect((await bench.vapp('clean')).exitCode).toBe(0);
    expect(await digest(image)).toBe(original);
  });

  test('by kill -9 while the guest writes: the backup brings the image back', async () => {
    const image = await bench.copyOf(plain, 'raw', 'half');
    const original = await digest(image);
    const { id } = await interruptVapp(bench.user, ['grub', image], {
      ...{ signal: 'SIGKILL', when: atStep('merge'), after: 50 },
    });
    expect((await bench.vapp('clean')).exitCode).toBe(0);
    const { exitCode, stderr } = await bench.vapp('grub', image, '--restore', join(backups(), id));
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(await digest(image)).toBe(original);
  });
});

describe('an image in use', () => {
  test('by QEMU: its lock is seen, as long as it is there', async () => {
    const image = await bench.copyOf(plain, 'raw', 'locked');
    const drive = ['-drive', `if=virtio,format=raw,file=${image}`];
    const guest = execFile('qemu-system-x86_64', ['-display', 'none', '-monitor', 'stdio', '-S', ...drive]);
    await once(guest.stdout!, 'data');
    const refused = await bench.vapp('grub', '--dry-run', image);
    expect([refused.exitCode, refused.stderr]).toEqual([
      6,
      expect.stringContaining('another program has locked it'),
    ]);
    guest.kill();
    await once(guest, 'exit');
    expect((await bench.vapp('grub', '--dry-run', image)).exitCode).toBe(0);
  });

  test('by nobody, but without permission to write', async () => {
    const image = await bench.copyOf(plain, 'raw', 'read-only');
    await chmod(image, 0o444);
    const { exitCode, stderr } = await bench.vapp('grub', image);
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('VAPP_BOOTLOADER_READ_ONLY')]);
  });
});

describe('a block device', () => {
  const attach = async (image: string) => (await execa('losetup', ['--find', '--show', image])).stdout;
  const detach = (device: string) => execa('losetup', ['--detach', device]);

  test('gets GRUB as an image does, named by its path or by a domain; restored, it is as it was', async () => {
    const image = await bench.copyOf(plain, 'raw', 'device');
    const original = await digest(image);
    const device = await attach(image);
    const disk = `<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='${device}'/><target dev='vda' bus='virtio'/></disk>`;
    try {
      await defineDomain(disk);
      try {
        const backup = join(bench.folder, 'device-backup');
        const made = await bench.vapp('grub', title, '--backup', backup);
        expect([made.exitCode, made.stderr]).toEqual([0, '']);
        expect((await bench.check(device)).report.bios.bootable).toBe('yes');
        await virsh('start', title, '--paused');
        expect((await bench.vapp('grub', device)).stderr).toContain(`the domain ${title} runs with it`);
        await virsh('destroy', title);
        expect((await bench.vapp('grub', device, '--restore', backup)).exitCode).toBe(0);
      } finally {
        await virsh('undefine', title);
      }
    } finally {
      await detach(device);
    }
    expect(await digest(image)).toBe(original);
  });

  test('that is mounted is refused', async () => {
    const image = join(bench.folder, 'mounted.img');
    const place = join(bench.folder, 'mounted');
    await mkdir(place);
    await execa('mkfs.ext4', ['-q', image, '8M']);
    const path = await attach(image);
    try {
      const target = { name: path, path, block: true, local: true } as GrubTarget;
      await refuseHere(target);
      await execa('mount', [path, place]);
      try {
        await expect(refuseHere(target)).rejects.toMatchObject({
          code: 'VAPP_BOOTLOADER_IN_USE',
          why: expect.stringContaining('mounted'),
        });
      } finally {
        await execa('umount', [place]);
      }
    } finally {
      await detach(path);
    }
  });
});

async function defineDomain(disk: string): Promise<void> {
  const os = `<os><type arch='x86_64' machine='q35'>hvm</type></os>`;
  const xml = join(bench.folder, 'domain.xml');
  await writeFile(
    xml,
    `<domain type='qemu'><name>${title}</name><memory unit='MiB'>64</memory>${os}<devices>${disk}</devices></domain>`,
  );
  await virsh('define', xml);
}

test('the disk of a domain: refused while it runs, done when it is shut off; its volume is found whole', async () => {
  const image = await bench.copyOf(plain, 'raw', 'of-domain');
  await virsh('vol-create-as', 'default', title, '98M', '--format', 'raw');
  try {
    await virsh('vol-upload', '--pool', 'default', title, image);
    const path = await virsh('vol-path', '--pool', 'default', title);
    const disk = `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${path}'/><target dev='vda' bus='virtio'/></disk>`;
    await defineDomain(disk);
    try {
      await virsh('start', title, '--paused');
      const running = await bench.vapp('grub', title);
      expect([running.exitCode, running.stderr]).toEqual([6, expect.stringContaining('is not shut off')]);
      expect((await bench.vapp('grub', path)).stderr).toContain('VAPP_BOOTLOADER_IN_USE');
      await virsh('destroy', title);
      expect((await bench.vapp('grub', title)).exitCode).toBe(0);
      expect((await bench.check(`default/${title}`)).report.bios.bootable).toBe('yes');
    } finally {
      await virsh('undefine', title);
    }
  } finally {
    await virsh('vol-delete', '--pool', 'default', title);
  }
});
