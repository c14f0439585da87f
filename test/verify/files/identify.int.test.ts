import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { openDisk } from '../../../src/verify/disk.js';
import { identify } from '../../../src/verify/files/identify.js';
import { inDirectory, sourceOf } from '../disk-image.js';

const uuid = '6f1f4a5e-0b7c-4a52-9d2d-0123456789ab';
const makers: [string, number, string[]][] = [
  ['ext2', 8, ['mke2fs', '-q', '-t', 'ext2', '-U', uuid, '-L', 'two']],
  ['ext3', 8, ['mke2fs', '-q', '-t', 'ext3', '-U', uuid, '-L', 'three']],
  ['ext4', 8, ['mke2fs', '-q', '-t', 'ext4', '-U', uuid]],
  ['an ext3 with extents', 8, ['mke2fs', '-q', '-t', 'ext3', '-O', 'extents']],
  ['FAT12', 4, ['mkfs.fat', '-F', '12', '-n', 'TWELVE', '-i', '0badcafe']],
  ['FAT16', 32, ['mkfs.fat', '-F', '16', '-i', '0badcafe']],
  ['FAT32', 40, ['mkfs.fat', '-F', '32', '-n', 'ESP', '-i', '0badcafe']],
  ['xfs', 300, ['mkfs.xfs', '-q', '-m', `uuid=${uuid}`, '-L', 'the root']],
  ['btrfs', 120, ['mkfs.btrfs', '-q', '-U', uuid, '-L', 'a label']],
  ['swap', 4, ['mkswap', '-U', uuid, '-L', 'swapped']],
];

async function identifyFile(image: string) {
  const bytes = await readFile(image);
  return await identify(await openDisk(sourceOf(bytes), bytes.length, { format: 'raw' }));
}

/** What blkid(8) says, without its cache. */
async function judge(image: string) {
  const { stdout } = await execa('blkid', ['-p', '-o', 'export', image]);
  const values = Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/).slice(0, 2)));
  return {
    type: values.TYPE,
    ...(values.UUID && { uuid: values.UUID }),
    ...(values.LABEL && { label: values.LABEL.replaceAll('\\ ', ' ') }),
  };
}

describe('identify', () => {
  it.each(makers)('agrees with blkid on %s', async (_, size, [command, ...args]) => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('truncate', ['-s', `${size}M`, image]);
      await execa(command!, [...args, image]);
      const found = await identifyFile(image);
      expect(found).toEqual(await judge(image));
    });
  });

  it('knows an LVM physical volume as blkid does', async () => {
    const bytes = Buffer.alloc(2 ** 23);
    const label = bytes.subarray(512, 1024);
    label.write('LABELONE', 0, 'latin1');
    label.writeBigUInt64LE(1n, 8);
    label.writeUInt32LE(32, 20);
    label.write('LVM2 001', 24, 'latin1');
    label.write('A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6', 32, 'latin1');
    // LVM2's checksum has its own start value and is not inverted at the end (lib/misc/crc.c).
    label.writeUInt32LE(~crc32(label.subarray(20), ~0xf597a6cf >>> 0) >>> 0, 16);
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('tee', [image], { input: bytes, stdout: 'ignore' });
      const { type, ...rest } = await judge(image);
      expect(type).toBe('LVM2_member');
      expect(await identifyFile(image)).toEqual({ type: 'lvm', ...rest });
    });
  });

  it('knows a LUKS container by its magic and UUID', async () => {
    const bytes = Buffer.alloc(2 ** 20);
    bytes.write('LUKS\xba\xbe', 0, 'latin1');
    bytes.writeUInt16BE(1, 6);
    bytes.write(uuid, 168, 'latin1');
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('tee', [image], { input: bytes, stdout: 'ignore' });
      const { type, ...rest } = await judge(image);
      expect(type).toBe('crypto_LUKS');
      expect(await identifyFile(image)).toEqual({ type: 'luks', ...rest });
    });
  });

  it('calls zeros, a few bytes and nothing unknown', async () => {
    for (const length of [2 ** 20, 700, 0]) {
      const disk = await openDisk(sourceOf(Buffer.alloc(length)), length);
      expect(await identify(disk)).toEqual({ type: 'unknown' });
    }
  });
});
