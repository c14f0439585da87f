import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemFiles } from '../bootloader/target/system-files.js';
import { bootableDos, extImage, mebibyte, partitioned } from '../verify/disk-image.js';
import { Home } from './vapp.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const put = (name: string, bytes: Buffer): void => writeFileSync(join(home.path, name), bytes);

describe('vapp grub --check', () => {
  test('a disk that would boot', async () => {
    put('disk.img', await bootableDos());
    const { status, stdout, stderr } = await home.vapp('grub', '--check', 'disk.img');
    expect({ status, stderr }).toEqual({ status: 0 });
    expect(stdout).toMatch(/^disk +disk\.img: raw, 10 MiB$/m);
    expect(stdout).toMatch(/^table +MBR, 1 partition$/m);
    expect(stdout).toMatch(/^BIOS +would boot$/m);
  });

  test('one that would not: exit status 6, and why', async () => {
    put('disk.img', Buffer.alloc(2 ** 20));
    const { status, stdout } = await home.vapp('grub', '--check', './disk.img');
    expect(status).toBe(6);
    expect(stdout).toMatch(/^BIOS +would not boot$/m);
    expect(stdout).toContain('\n✖ BIOS: The first sector has no boot signature 55 aa.');
  });

  test('--output json: one document, whether it would boot or not', async () => {
    const disk = await bootableDos();
    put('disk.img', disk);
    const { stdout } = await home.vapp('grub', '--check', 'disk.img', '--output', 'json');
    expect(JSON.parse(String(stdout))).toMatchObject({
      v: 1,
      target: 'disk.img',
      format: 'raw',
      bootable: 'yes',
      bios: { core: { prefix: '(,msdos1)/boot/grub' } },
    });
    put('disk.img', disk.fill(0, 0, 440));
    const bad = await home.vapp('grub', '--check', 'disk.img', '--output', 'json');
    expect(bad.status).toBe(6);
    expect(JSON.parse(String(bad.stdout))).toMatchObject({ bootable: 'no' });
  });

  test('what stands on a disk cannot speak to the terminal', async () => {
    const disk = await bootableDos();
    disk.write('\x1b[31m\x9b2Jx', 2 ** 20 + 1024 + 120, 'latin1');
    put('disk.img', disk);
    for (const output of ['plain', 'json']) {
      const { stdout } = await home.vapp('grub', '--check', 'disk.img', '--output', output);
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  });

  test('a file that is not there, and one that is none', async () => {
    mkdirSync(join(home.path, 'directory'));
    for (const path of ['/no/such/file', './directory']) {
      const { status, stderr } = await home.vapp('grub', '--check', path);
      expect(status).toBe(2);
      expect(stderr).toContain('VAPP_VERIFY_TARGET');
    }
  });

  test('an image of another format is not taken for an empty disk', async () => {
    put('disk.vmdk', Buffer.alloc(4096, 'KDMV'));
    const { status, stderr } = await home.vapp('grub', '--check', 'disk.vmdk');
    expect(status).toBe(7);
    expect(stderr).toContain('the image is of the format VMDK');
  });
});

/** A system that GRUB has not been put on. */
const bareSystem = async (): Promise<Buffer> => {
  const disk = await partitioned(10, 'label: dos\nstart=2048, type=83\n');
  (await extImage(systemFiles())).copy(disk, mebibyte);
  return disk;
};

describe('vapp grub', () => {
  test('--dry-run prints each step, and changes nothing', async () => {
    const disk = await bareSystem();
    put('disk.img', disk);
    const { status, stdout, stderr } = await home.vapp(
      ...['-c', 'test:///default', 'grub', '--dry-run', 'disk.img'],
    );
    expect({ status, stderr }).toEqual({ status: 0 });
    expect(stdout).toMatch(/^root +1$/m);
    expect(stdout).toMatch(/^firmware +bios$/m);
    const steps = [...String(stdout).matchAll(/^ {2}(\w+) /gm)].map((match) => match[1]);
    expect(steps.indexOf('snapshot')).toBeLessThan(steps.indexOf('grub_bios'));
    expect(steps.slice(-2)).toEqual(['go', 'merge']);
    expect(readFileSync(join(home.path, 'disk.img')).equals(disk)).toBe(true);
    expect(readdirSync(home.builds)).toEqual([]);
  });

  test('--mapper device-mapper --dry-run prints the commands, and changes nothing', async () => {
    const disk = await bareSystem();
    put('disk.img', disk);
    const { status, stdout, stderr } = await home.vapp(
      ...['-c', 'test:///default', 'grub', '--mapper', 'device-mapper', '--dry-run', 'disk.img'],
    );
    expect({ status, stderr }).toEqual({ status: 0 });
    const lines = String(stdout).split('\n');
    expect(lines[0]).toMatch(/^device=\$\(losetup --show --find .*\/disk\.img\)$/);
    expect(lines).toContain(
      'grub-install --target=i386-pc --boot-directory=/run/vapp/root/boot --no-floppy /dev/mapper/hda',
    );
    expect(readFileSync(join(home.path, 'disk.img')).equals(disk)).toBe(true);
  });

  test('--mapper device-mapper has no backup and no pool', async () => {
    put('disk.img', await bareSystem());
    for (const option of ['--backup', '--pool']) {
      const { status, stderr } = await home.vapp(
        'grub',
        '--mapper',
        'device-mapper',
        option,
        'x',
        'disk.img',
      );
      expect([status, String(stderr).includes(`knows no ${option}`)]).toEqual([2, true]);
    }
  });

  test('a disk without a system is refused before libvirt is asked', async () => {
    put('disk.img', await partitioned(4, 'label: dos\nstart=2048, type=83\n'));
    const { status, stderr } = await home.vapp('-c', 'no:///such', 'grub', 'disk.img');
    expect(status).toBe(6);
    expect(stderr).toContain('VAPP_BOOTLOADER_NO_ROOT');
    expect(readdirSync(home.builds)).toEqual([]);
  });

  test('a file without permission to write is refused, also to root', async () => {
    put('disk.img', await bareSystem());
    chmodSync(join(home.path, 'disk.img'), 0o444);
    const { status, stderr } = await home.vapp('-c', 'test:///default', 'grub', '--dry-run', 'disk.img');
    expect(status).toBe(6);
    expect(stderr).toContain('VAPP_BOOTLOADER_READ_ONLY');
  });

  test('options that exclude each other, and a root that is none', async () => {
    for (const args of [
      ['--check', '--dry-run'],
      ['--check', '--restore', 'file'],
      ['--root', '../1'],
    ]) {
      const { status, stderr } = await home.vapp('grub', 'disk.img', ...args);
      expect([args, status, String(stderr).includes('VAPP_')]).toEqual([args, 2, true]);
    }
  });

  test('what is no backup is not put back', async () => {
    put('disk.img', await bareSystem());
    put('backup', Buffer.alloc(100));
    const { status, stderr } = await home.vapp('grub', '--restore', 'backup', 'disk.img');
    expect(status).toBe(6);
    expect(stderr).toContain('VAPP_BOOTLOADER_NO_BACKUP');
  });
});
