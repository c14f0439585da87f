import { crc32 } from 'node:zlib';
import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';
import { type GptCopy, guidAt, type Partition } from './partition.js';

/** GPTs with more entries than this are not made; the usual number is 128. */
const mostEntries = 4096;

/** Attribute of the partition that a BIOS boot loader shall start. */
const legacyBoot = 4;

export interface Gpt {
  copy: GptCopy;
  /** Why the copy is bad. */
  why?: string;
  id?: string;
  partitions: Partition[];
}

export const gptSignature = 'EFI PART';

/** Reads the copy of a GPT whose header stands at this sector (UEFI specification 2.10, 5.3.2). */
export async function readGpt(disk: Disk, sector: number, sectorSize: number): Promise<Gpt> {
  const bad = (why: string): Gpt => ({ copy: 'bad', why, partitions: [] });
  try {
    const header = await disk.read(sector * sectorSize, sectorSize);
    if (header.toString('latin1', 0, 8) !== gptSignature) return { copy: 'missing', partitions: [] };
    if (!isWhole(header)) return bad('the checksum of its header is wrong');
    if (Number(header.readBigUInt64LE(24)) !== sector) return bad('its header belongs elsewhere');
    const entries = await readEntries(disk, header, sectorSize);
    if (crc32(entries.bytes) !== header.readUInt32LE(88)) return bad('the checksum of its entries is wrong');
    const id = guidAt(header, 56);
    return { copy: 'good', id, partitions: partitionsOf(entries.bytes, entries.size, sectorSize) };
  } catch (error) {
    if (error instanceof Damaged) return bad(error.message);
    throw error;
  }
}

function isWhole(header: Buffer): boolean {
  const size = header.readUInt32LE(12);
  if (size < 92 || size > header.length) return false;
  const bytes = Buffer.from(header.subarray(0, size));
  bytes.fill(0, 16, 20);
  return crc32(bytes) === header.readUInt32LE(16);
}

async function readEntries(
  disk: Disk,
  header: Buffer,
  sectorSize: number,
): Promise<{ bytes: Buffer; size: number }> {
  const count = header.readUInt32LE(80);
  const size = header.readUInt32LE(84);
  if (size < 128 || size % 8 !== 0 || size > 4096 || count > mostEntries)
    throw new Damaged(`it says that it has ${count} entries of ${size} bytes`);
  return { bytes: await disk.read(Number(header.readBigUInt64LE(72)) * sectorSize, count * size), size };
}

function partitionsOf(bytes: Buffer, size: number, sectorSize: number): Partition[] {
  const partitions: Partition[] = [];
  for (let at = 0, number = 1; at < bytes.length; at += size, number += 1) {
    if (bytes.subarray(at, at + 16).every((byte) => byte === 0)) continue;
    const first = Number(bytes.readBigUInt64LE(at + 32));
    const last = Number(bytes.readBigUInt64LE(at + 40));
    const name = bytes.toString('utf16le', at + 56, at + 128).replace(/\0.*$/s, '');
    partitions.push({
      number,
      start: first * sectorSize,
      size: Math.max(0, last - first + 1) * sectorSize,
      type: guidAt(bytes, at),
      uuid: guidAt(bytes, at + 16),
      ...((bytes[at + 48]! & legacyBoot) !== 0 && { active: true as const }),
      ...(name && { name }),
    });
  }
  return partitions;
}
