import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDiskHead } from '../../src/verify/disk-head.js';

const mebibyte = 2 ** 20;
let folder: string;
let raw: string;
let content: Buffer;

// Data that compress, that do not, and holes, with edges inside clusters of every size.
const makeContent = (): Buffer => {
  const bytes = Buffer.alloc(5 * mebibyte);
  randomBytes(300_000).copy(bytes, 0);
  bytes.fill('the same again ', 700_000, 1_500_000);
  randomBytes(77_777).copy(bytes, 2 * mebibyte - 33_333);
  bytes.fill(0x55, 4 * mebibyte + 12_345);
  return bytes;
};

const convert = async (name: string, ...options: string[]): Promise<string> => {
  const image = join(folder, name);
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, image]);
  return image;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-disk-head-'));
  raw = join(folder, 'raw');
  content = makeContent();
  await writeFile(raw, content);
});
afterAll(() => rm(folder, { recursive: true }));

describe('readDiskHead', () => {
  const forms: [string, string[]][] = [
    ['defaults', []],
    ['version 2', ['-o', 'compat=0.10']],
    ['clusters of 512 bytes', ['-o', 'cluster_size=512']],
    ['clusters of 2 MiB', ['-o', 'cluster_size=2M']],
    ['metadata laid out before', ['-o', 'preallocation=metadata']],
    ['zlib', ['-c']],
    ['zlib, version 2, clusters of 4 KiB', ['-c', '-o', 'compat=0.10,cluster_size=4k']],
    ['zlib, clusters of 2 MiB', ['-c', '-o', 'cluster_size=2M']],
    ['zstd', ['-c', '-o', 'compression_type=zstd']],
    ['zstd, clusters of 1 MiB', ['-c', '-o', 'compression_type=zstd,cluster_size=1M']],
    ['lazy reference counts', ['-o', 'lazy_refcounts=on']],
  ];
  it.each(forms)('sees through qcow2 with %s', async (name, options) => {
    const image = await convert(`${name}.qcow2`, ...options);
    expect((await readDiskHead(image, content.length)).equals(content)).toBe(true);
    expect((await readDiskHead(image, 1_000_001)).equals(content.subarray(0, 1_000_001))).toBe(true);
  });

  it('sees what a guest wrote and what it discarded', async () => {
    const image = await convert('written.qcow2', '-c');
    const writes = ['write -P 7 65000 9000', 'write -z 1M 300k', 'discard 0 128k', 'write -P 9 3M 64k'];
    await execa('qemu-io', ['-f', 'qcow2', ...writes.flatMap((write) => ['-c', write]), image]);
    const judge = join(folder, 'judge');
    await execa('qemu-img', [
      'dd',
      '-f',
      'qcow2',
      '-O',
      'raw',
      'bs=1M',
      'count=5',
      `if=${image}`,
      `of=${judge}`,
    ]);
    expect((await readDiskHead(image, content.length)).equals(await readFile(judge))).toBe(true);
  });

  it('reads a raw disk', async () => {
    expect((await readDiskHead(raw, mebibyte)).equals(content.subarray(0, mebibyte))).toBe(true);
  });

  it('gives less when the disk is smaller', async () => {
    const image = await convert('short.qcow2');
    expect(await readDiskHead(image, 9 * mebibyte)).toHaveLength(5 * mebibyte);
    expect(await readDiskHead(raw, 9 * mebibyte)).toHaveLength(5 * mebibyte);
  });

  it('takes a raw disk that looks like an image as what it is', async () => {
    const image = await convert('inner.qcow2');
    expect(await readDiskHead(image, 4, 'raw')).toEqual(Buffer.from('QFI\xfb', 'latin1'));
  });

  it('reads ranges of a volume only, and few of them', async () => {
    const image = await convert('volume.qcow2');
    const file = await open(image);
    let bytes = 0;
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      bytes += bytesRead;
      return buffer.subarray(0, bytesRead);
    };
    const head = await readDiskHead({ read }, mebibyte);
    await file.close();
    expect(head.equals(content.subarray(0, mebibyte))).toBe(true);
    expect(bytes).toBeLessThan(1.3 * mebibyte);
  });

  it.each([
    ['a backing file', ['create', '-f', 'qcow2', '-F', 'raw', '-b', 'raw'], 'It has a backing file.'],
    ['data elsewhere', ['create', '-f', 'qcow2', '-o', 'data_file=data.raw'], 'It has unknown features'],
    ['extended entries', ['create', '-f', 'qcow2', '-o', 'extended_l2=on'], 'It has unknown features'],
  ])('refuses %s', async (name, args, why) => {
    const image = `${name.replaceAll(' ', '-')}.qcow2`;
    await execa('qemu-img', [...args, image, '5M'], { cwd: folder });
    await expect(readDiskHead(join(folder, image), mebibyte)).rejects.toMatchObject({
      code: 'VAPP_VERIFY_QCOW2',
      why: expect.stringContaining(why),
    });
  });

  it('refuses what is damaged', async () => {
    const image = await convert('damaged.qcow2', '-c');
    const bytes = await readFile(image);
    const damaged = {
      read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
    };
    bytes.fill(0xff, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
    await expect(readDiskHead(damaged, content.length)).rejects.toMatchObject({ code: 'VAPP_VERIFY_QCOW2' });
    bytes.writeUInt32BE(9, 4);
    await expect(readDiskHead(damaged, 512)).rejects.toMatchObject({
      why: 'Its version is 9; 2 and 3 are known.',
    });
  });
});
