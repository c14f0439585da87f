import { open } from 'node:fs/promises';
import { openQcow2, type ReadRange } from './qcow2.js';
import { isQcow2 } from './qcow2-header.js';

/** Anything of which ranges can be read, such as a volume of libvirt (which gives a qcow2 file's own bytes). */
export interface RangeSource {
  read(offset: number, length: number): Promise<Buffer>;
}

/**
 * The first bytes of a disk as its guest sees them.
 * @param source path of a local file, or a volume, local or remote.
 * @param bytes how many; fewer come back when the disk is smaller.
 * @param format `raw` for a disk whose first bytes a guest may have made to look like an image; else seen by itself.
 * @throws VAPP_VERIFY_QCOW2 for an image that cannot be read.
 */
export async function readDiskHead(
  source: string | RangeSource,
  bytes: number,
  format?: 'raw' | 'qcow2',
): Promise<Buffer> {
  if (typeof source !== 'string')
    return readHead((offset, length) => source.read(offset, length), bytes, format);
  const file = await open(source, 'r');
  try {
    return await readHead(
      async (offset, length) => {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      },
      bytes,
      format,
    );
  } finally {
    await file.close();
  }
}

async function readHead(read: ReadRange, bytes: number, format?: 'raw' | 'qcow2'): Promise<Buffer> {
  const packed = format ? format === 'qcow2' : isQcow2(await read(0, 4));
  if (!packed) return read(0, bytes);
  const image = await openQcow2(read);
  return image.read(0, Math.min(bytes, image.size));
}
