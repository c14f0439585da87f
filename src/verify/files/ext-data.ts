import { Damaged } from '../damaged.js';
import type { ExtInode, ExtLayout } from './ext-inode.js';
import { blockOf } from './ext-map.js';

/** Directories are read whole up to here. */
const largestDirectory = 2 ** 22;

/** Bytes of a file, fewer at its end. Rejects with Damaged. */
export async function readData(
  layout: ExtLayout,
  inode: ExtInode,
  offset: number,
  length: number,
): Promise<Buffer> {
  const { blockSize, disk } = layout;
  const end = Math.min(offset + length, inode.size);
  const parts: Buffer[] = [];
  for (let at = offset; at < end; ) {
    const within = at % blockSize;
    const count = Math.min(blockSize - within, end - at);
    const block = await blockOf(layout, inode, Math.floor(at / blockSize));
    parts.push(
      block === undefined ? Buffer.alloc(count) : await disk.read(block * blockSize + within, count),
    );
    at += count;
  }
  return Buffer.concat(parts);
}

/** Where a file's bytes stand in the file system; undefined when it has holes. Rejects with Damaged. */
export async function placesOf(
  layout: ExtLayout,
  inode: ExtInode,
): Promise<{ offset: number; length: number }[] | undefined> {
  const { blockSize } = layout;
  const places: { offset: number; length: number }[] = [];
  for (let at = 0; at < inode.size; at += blockSize) {
    const block = await blockOf(layout, inode, at / blockSize);
    if (block === undefined) return undefined;
    places.push({ offset: block * blockSize, length: Math.min(blockSize, inode.size - at) });
  }
  return places;
}

/**
 * Names and inodes of a directory. The index of a large one hides in entries without an inode, so that all read alike.
 * Rejects with Damaged.
 */
export async function entriesOf(layout: ExtLayout, inode: ExtInode): Promise<Map<string, number>> {
  if (inode.size > largestDirectory) throw new Damaged('a directory is too large');
  const bytes = await readData(layout, inode, 0, inode.size);
  const entries = new Map<string, number>();
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at + 4);
    // A length of 65536 does not fit, and is written as 0 or 65535.
    const step = length === 0 || length === 65_535 ? 65_536 : length;
    if (step < 8 || step % 4 !== 0) throw new Damaged('a directory is damaged');
    const number = bytes.readUInt32LE(at);
    const name = bytes.toString('utf8', at + 8, at + 8 + bytes[at + 6]!);
    if (number !== 0 && name !== '.' && name !== '..' && name !== '') entries.set(name, number);
    at += step;
  }
  return entries;
}
