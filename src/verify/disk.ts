import { Damaged } from './damaged.js';
import { refuseForeign } from './image-format.js';
import { type OpenBacking, openQcow2, type ReadRange } from './qcow2.js';
import { isQcow2 } from './qcow2-header.js';

/** Anything of which ranges can be read, such as a volume of libvirt (which gives a qcow2 file's own bytes). */
export interface RangeSource {
  /** Fewer bytes than asked for come back at the end only. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A disk, or a part of one, as its guest sees it. */
export interface Disk {
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes. Rejects with Damaged when the disk does not have them. */
  read(offset: number, length: number): Promise<Buffer>;
}

export type DiskFormat = 'raw' | 'qcow2';

const blockSize = 2 ** 16;
/** What one examination may read; a disk that leads it on and on is not read to its end. */
const mostBytes = 2 ** 27;
/** How much of that it may ask for again; a short question counts as one sector. */
const askedAgain = 4;

export interface OpenOptions {
  /** `raw` for a disk whose first bytes a guest may have made to look like an image; else seen by itself. */
  format?: DiskFormat | undefined;
  /** Bytes that may be read of it, 128 MiB by default. */
  most?: number;
  /** Without it, an image with a backing file is refused. */
  openBacking?: OpenBacking | undefined;
}

/**
 * Opens an image. What was read once is kept, so that the parts of an examination can ask for the same again.
 * @param size bytes of a raw image; a qcow2 says itself what its guest has.
 * @throws VAPP_VERIFY_QCOW2 for an image that cannot be read, VAPP_VERIFY_FORMAT for one of another format.
 */
export async function openDisk(
  source: RangeSource,
  size: number,
  { format, openBacking, most = mostBytes }: OpenOptions = {},
): Promise<Disk & { format: DiskFormat }> {
  // A damaged image can lead to where no file ends; what is not there reads as zeros, as in QEMU.
  const read: ReadRange = async (offset, length) =>
    Number.isSafeInteger(offset) ? await source.read(offset, length) : Buffer.alloc(0);
  const head = await read(0, 512);
  if (!format) refuseForeign(head);
  const packed = format ? format === 'qcow2' : isQcow2(head);
  if (!packed) return { format: 'raw', ...cached(size, read, most) };
  const image = await openQcow2(read, openBacking);
  return { format: 'qcow2', ...cached(image.size, image.read, most) };
}

/** A partition of a disk, as a disk of its own. */
export const partOf = (disk: Disk, offset: number, size: number): Disk => ({
  size,
  read: async (at, length) => {
    checkRange(at, length, size);
    return await disk.read(offset + at, length);
  },
});

function cached(size: number, read: ReadRange, most: number): Disk {
  const blocks = new Map<number, Buffer>();
  let left = most;
  let unasked = most * askedAgain;
  const blockAt = async (index: number): Promise<Buffer> => {
    const known = blocks.get(index);
    if (known) return known;
    left -= blockSize;
    if (left < 0) throw new Damaged('too much of the disk would have to be read');
    const wanted = Math.min(blockSize, size - index * blockSize);
    const block = await read(index * blockSize, wanted);
    if (block.length < wanted) throw new Damaged('the image is shorter than it says');
    blocks.set(index, block);
    return block;
  };
  return {
    size,
    read: async (offset, length) => {
      checkRange(offset, length, size);
      unasked -= Math.max(length, 512);
      if (unasked < 0) throw new Damaged('too much of the disk would have to be read');
      const first = Math.floor(offset / blockSize);
      const parts: Buffer[] = [];
      for (let index = first; index * blockSize < offset + length; index += 1)
        parts.push(await blockAt(index));
      const skip = offset - first * blockSize;
      const whole = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      return whole.subarray(skip, skip + length);
    },
  };
}

function checkRange(offset: number, length: number, size: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || !(length >= 0) || offset + length > size)
    throw new Damaged('it leads beyond the end of the disk or the partition');
}
