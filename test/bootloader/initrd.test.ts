import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildFinisherInitrd } from '../../src/bootloader/initrd.js';
import { readCpio } from '../../src/installer/read-cpio.js';
import { kernelVersion, tinySuite } from './tiny-suite.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-initrd-'));
});
afterEach(() => rm(folder, { recursive: true }));

const build = async (leaveOut: string[] = []) =>
  buildFinisherInitrd({
    suite: await tinySuite(folder, leaveOut),
    kernelVersion,
    cache: join(folder, 'cache'),
    emit: () => {},
  });

// What follows gzip's data is padding, of which gunzip(1) would warn.
const unpacked = async (path: string): Promise<Buffer> => gunzipSync(await readFile(path));

describe('buildFinisherInitrd', () => {
  it('holds the chosen programs with what they need, the modules in order, the scripts', async () => {
    const { path, digest } = await build();
    expect(path).toBe(join(folder, 'cache/finishers', digest));
    // Where the part of a build may follow.
    expect((await stat(path)).size % 4).toBe(0);
    const archive = await unpacked(path);
    const { stdout } = await execa('cpio', ['-t', '--quiet'], { input: archive });
    const listed = stdout.split('\n');
    for (const name of [
      'usr/sbin/grub-install',
      'usr/sbin/dmsetup',
      'usr/bin/partx',
      'usr/lib/grub/i386-pc/boot.img',
    ]) {
      expect(listed).toContain(name);
    }
    expect(listed).not.toContain('usr/bin/not-wanted');
    const entries = new Map(readCpio(archive).map((entry) => [entry.path, entry]));
    const text = (name: string): string => Buffer.from(entries.get(name)!.data!).toString();
    expect(text('vapp/modules/order')).toBe(
      'virtio_blk.ko\nvirtio_scsi.ko\nxen_blkfront.ko\nsd_mod.ko\njbd2.ko\next4.ko\ndm_mod.ko\n',
    );
    expect(text('vapp/init')).toMatch(/^#!\/usr\/bin\/busybox sh\n/);
    expect(entries.get('vapp/init')!.mode & 0o777).toBe(0o755);
    expect(text('lib64')).toBe('usr/lib64');
    expect(entries.has('usr/lib/x86_64-linux-gnu/libc.so.6')).toBe(true);
  });

  it('makes the same bytes of the same sources, and makes them once', async () => {
    const { path } = await build();
    const first = await readFile(path);
    const { ino } = await stat(path);
    await utimes(path, 1, 1);
    await build();
    const again = await stat(path);
    expect(again.ino).toBe(ino);
    // That it is used is written down.
    expect(again.mtimeMs).toBeGreaterThan(1000);
    await writeFile(path, Buffer.concat([first.subarray(0, -1), Buffer.of(1)]));
    expect((await build()).path).toBe(path);
    expect((await readFile(path)).equals(first)).toBe(true);
  });

  it('names a package that the suite does not have', async () => {
    await expect(build(['grub2-common'])).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_PACKAGE',
      message: 'The suite has no package grub2-common',
    });
    await expect(build([`linux-image-${kernelVersion}`])).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_PACKAGE',
    });
  });
});
