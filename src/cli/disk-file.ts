import { readFileSync, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, realpath } from 'node:fs/promises';
import { deviceNumbers } from '../device-numbers.js';
import { VappError } from '../errors.js';
import { type Disk, type DiskFormat, openDisk } from '../verify/index.js';

/** A disk to look at. */
export interface DiskTarget extends AsyncDisposable {
  /** What it turned out to be, for people: the file's path, or `POOL/VOLUME on URI`. */
  name: string;
  format: DiskFormat;
  /** Of the image's file, absolute; `block` when it is a block device, `local` when it is a path of this machine. */
  path: string;
  block: boolean;
  local: boolean;
  /** Its domain, when it was named by one. */
  domain?: { name: string; shutOff: boolean };
  disk: Disk;
  /** What to know about it; one sentence each. */
  notes: string[];
}

export interface FileOptions {
  /** Bytes that may be read of it. */
  most?: number;
  /** Else an image says it itself. */
  format?: DiskFormat | undefined;
}

/**
 * Opens an image, or a block device, of this machine. What is on a device counts as raw unless `format` says otherwise: a guest may
 * have written there what looks like an image. Throws VAPP_VERIFY_TARGET, and what openDisk throws.
 */
export async function openFile(path: string, { most, format }: FileOptions): Promise<DiskTarget> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw noDisk(path, { why: (cause as Error).message, cause });
  }
  try {
    const stats = await file.stat();
    const block = stats.isBlockDevice();
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const known = format ?? (block ? 'raw' : undefined);
    const disk = await openDisk({ read }, sizeOf(path, stats), {
      format: known,
      ...(most !== undefined && { most }),
    });
    return {
      name: path,
      format: disk.format,
      path: await realpath(path),
      block,
      local: true,
      disk,
      notes: [],
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Bytes. stat(2) knows no size of a device. */
function sizeOf(path: string, stats: Stats): number {
  if (stats.isFile()) return stats.size;
  if (!stats.isBlockDevice()) throw noDisk(path, { why: 'it is neither a regular file nor a block device' });
  const { major, minor } = deviceNumbers(BigInt(stats.rdev));
  // In sectors of 512 bytes, whatever those of the device are: Documentation/ABI/stable/sysfs-block.
  return 512 * Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8'));
}

export const noDisk = (target: string, details: { why: string; hint?: string; cause?: unknown }): VappError =>
  new VappError('VAPP_VERIFY_TARGET', `there is no disk ${target}`, details);
