import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Damaged } from '../../src/verify/damaged.js';
import { type Disk, type DiskFormat, openDisk } from '../../src/verify/disk.js';
import { sourceOf } from './disk-image.js';

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

/** Does something with a local image as it is opened. */
async function withDisk<T>(image: string, work: (disk: Disk) => Promise<T>, format?: DiskFormat): Promise<T> {
  const file = await open(image);
  try {
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return await work(await openDisk({ read }, (await file.stat()).size, { format }));
  } finally {
    await file.close();
  }
}

const readHead = (image: string, length: number, format?: DiskFormat): Promise<Buffer> =>
  withDisk(image, (disk) => disk.read(0, length), format);

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

describe('openDisk', () => {
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
    expect((await readHead(image, content.length)).equals(content)).toBe(true);
    expect((await readHead(image, 1_000_001)).equals(content.subarray(0, 1_000_001))).toBe(true);
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
    expect((await readHead(image, content.length)).equals(await readFile(judge))).toBe(true);
  });

  it('reads a raw disk', async () => {
    expect((await readHead(raw, mebibyte)).equals(content.subarray(0, mebibyte))).toBe(true);
  });

  it('knows its size, and gives nothing beyond it', async () => {
    const image = await convert('short.qcow2');
    for (const path of [image, raw]) {
      await withDisk(path, async (disk) => {
        expect(disk.size).toBe(5 * mebibyte);
        expect(await disk.read(5 * mebibyte - 9, 9)).toEqual(content.subarray(-9));
        for (const [offset, length] of [
          [5 * mebibyte - 9, 10],
          [-1, 1],
          [2 ** 60, 1],
          [Number.NaN, 1],
        ] as const)
          await expect(disk.read(offset, length)).rejects.toBeInstanceOf(Damaged);
      });
    }
  });

  it('does not read what it has read before, nor more than an examination may need', async () => {
    let bytes = 0;
    const read = async (_offset: number, length: number): Promise<Buffer> => {
      bytes += length;
      return Buffer.alloc(length);
    };
    const disk = await openDisk({ read }, 2 ** 40);
    for (let again = 0; again < 3; again += 1) await disk.read(1000, 100_000);
    expect(bytes).toBeLessThan(200_000);
    await expect(
      (async () => {
        for (let at = 0; at < 2 ** 29; at += mebibyte) await disk.read(at, mebibyte);
      })(),
    ).rejects.toThrow('too much of the disk');
    expect(bytes).toBeLessThan(2 ** 27 + mebibyte);
  });

  it('does not answer the same question for ever', async () => {
    const disk = await openDisk(sourceOf(Buffer.alloc(4096)), 4096);
    await expect(
      (async () => {
        for (let again = 0; again < 200_000; again += 1) await disk.read(0, 4096);
      })(),
    ).rejects.toThrow('too much of the disk');
  });

  it('takes a raw disk that looks like an image as what it is', async () => {
    const image = await convert('inner.qcow2');
    expect(await readHead(image, 4, 'raw')).toEqual(Buffer.from('QFI\xfb', 'latin1'));
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
    const head = await (await openDisk({ read }, 0)).read(0, mebibyte);
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
    await expect(readHead(join(folder, image), mebibyte)).rejects.toMatchObject({
      code: 'VAPP_VERIFY_QCOW2',
      why: expect.stringContaining(why),
    });
  });

  it('refuses what is damaged', async () => {
    const image = await convert('damaged.qcow2', '-c');
    const bytes = await readFile(image);
    const damaged = sourceOf(bytes);
    bytes.fill(0xff, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
    await expect((async () => (await openDisk(damaged, 0)).read(0, content.length))()).rejects.toMatchObject({
      code: 'VAPP_VERIFY_QCOW2',
    });
    bytes.writeUInt32BE(9, 4);
    await expect(openDisk(damaged, 0)).rejects.toMatchObject({
      why: 'Its version is 9; 2 and 3 are known.',
    });
  });
});
