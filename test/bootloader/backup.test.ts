import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBackup, standingOf, writeBackup } from '../../src/bootloader/backup.js';
import { readStore, storeOf } from '../../src/bootloader/snapshot-store.js';

const chunkBytes = 4096;
/** Cut short by half a chunk. */
const size = 40 * chunkBytes - 2048;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-backup-'));
});
afterEach(() => rm(folder, { recursive: true }));

const rangeOf = (bytes: Buffer) => async (offset: number, length: number) =>
  bytes.subarray(offset, offset + length);
const filled = (chunk: number, mark: number): Buffer => Buffer.alloc(chunkBytes, (chunk % 100) + mark);
const oldDisk = Buffer.concat(Array.from({ length: 40 }, (_, chunk) => filled(chunk, 0))).subarray(0, size);

async function store(chunks: readonly number[], content = (chunk: number) => filled(chunk, 100)) {
  const pieces: Buffer[] = [];
  for await (const piece of storeOf(chunks, chunkBytes, async (chunk) => content(chunk))) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The disk once the store is merged. */
const merged = (chunks: readonly number[]): Buffer => {
  const disk = Buffer.from(oldDisk);
  for (const chunk of chunks) filled(chunk, 100).copy(disk, chunk * chunkBytes);
  return disk;
};

describe('the store of a snapshot', () => {
  it('has the layout of the kernel: header, pairs, chunks', async () => {
    const bytes = await store([3, 7]);
    expect(bytes.toString('latin1', 0, 4)).toBe('SnAp');
    expect([4, 8, 12].map((at) => bytes.readUInt32LE(at))).toEqual([1, 1, 8]);
    const pairs = [0, 8, 16, 24, 32, 40].map((at) => Number(bytes.readBigUInt64LE(chunkBytes + at)));
    expect(pairs).toEqual([3, 2, 7, 3, 0, 0]);
    expect(bytes.subarray(3 * chunkBytes).equals(filled(7, 100))).toBe(true);
  });

  it.each([0, 1, 255, 256, 257, 700])('is read as it was written: %i chunks', async (count) => {
    const chunks = Array.from({ length: count }, (_, index) => index * 3);
    const bytes = await store(chunks);
    const read = await readStore(rangeOf(bytes));
    expect(read.chunks.map(({ chunk }) => chunk)).toEqual(chunks);
    const places = read.chunks.map(({ chunk, stored }) =>
      bytes.subarray(stored * chunkBytes, (stored + 1) * chunkBytes).equals(filled(chunk, 100)),
    );
    expect(places.every(Boolean)).toBe(true);
  });

  it('is refused when it is none, or has overflowed', async () => {
    await expect(readStore(rangeOf(Buffer.alloc(chunkBytes)))).rejects.toThrow('not the store');
    const bytes = await store([1]);
    bytes.writeUInt32LE(0, 4);
    await expect(readStore(rangeOf(bytes))).rejects.toThrow('its store was full');
  });
});

const backUp = async (chunks: readonly number[], file = join(folder, 'backup')) =>
  await writeBackup({
    file,
    target: 'disk.img',
    size,
    store: rangeOf(await store(chunks)),
    disk: rangeOf(oldDisk),
  });

describe('a backup', () => {
  const chunks = [0, 5, 39];

  it('holds what was there, as a store that the kernel can merge back', async () => {
    expect(await backUp(chunks)).toBe(3 * chunkBytes);
    const backup = await openBackup(join(folder, 'backup'));
    expect(backup).toMatchObject({ size, target: 'disk.img', chunks, chunkBytes });
    const bytes = await readFile(join(folder, 'backup'));
    const again = await readStore(rangeOf(bytes.subarray(0, backup.storeBytes)));
    const [, second] = again.chunks;
    expect(
      bytes.subarray(second!.stored * chunkBytes, (second!.stored + 1) * chunkBytes).equals(filled(5, 0)),
    ).toBe(true);
    expect((await backup.before(39)).length).toBe(2048);
    expect((await stat(join(folder, 'backup'))).mode & 0o777).toBe(0o600);
    await backup.close();
  });

  it('tells a disk as vapp left it, as it was, in between, and changed since', async () => {
    await backUp(chunks);
    const backup = await openBackup(join(folder, 'backup'));
    const standing = (disk: Buffer) => standingOf(backup, rangeOf(disk));
    expect(await standing(merged(chunks))).toBe('written');
    expect(await standing(oldDisk)).toBe('before');
    expect(await standing(merged([0]))).toBe('between');
    const used = merged(chunks);
    used[5 * chunkBytes] = 1;
    expect(await standing(used)).toBe('other');
    await backup.close();
  });

  it('does not replace a file, and leaves none behind that is not whole', async () => {
    await writeFile(join(folder, 'backup'), 'mine');
    await expect(backUp(chunks)).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_BACKUP' });
    expect(await readFile(join(folder, 'backup'), 'utf8')).toBe('mine');
    const broken = writeBackup({
      file: join(folder, 'second'),
      target: 'disk.img',
      size,
      store: rangeOf(await store(chunks)),
      disk: () => Promise.reject(new Error('gone')),
    });
    await expect(broken).rejects.toMatchObject({
      message: 'disk.img cannot be read, so it cannot be saved',
      why: 'gone',
    });
    await expect(stat(join(folder, 'second'))).rejects.toThrow();
  });

  it('is refused when it was cut off', async () => {
    await backUp(chunks);
    await truncate(join(folder, 'backup'), 5 * chunkBytes);
    await expect(openBackup(join(folder, 'backup'))).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_NO_BACKUP',
    });
  });
});
