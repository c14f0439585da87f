import { unreadable } from './qcow2-errors.js';

/** What a header says of the file. */
export interface Layout {
  version: number;
  size: number;
  clusterBits: number;
  l1Entries: number;
  l1Offset: number;
  zstd: boolean;
  /** Where the name of its backing file stands, and its bytes. */
  backing?: { offset: number; length: number };
}

const magic = 0x514649fb;
const corruptFlag = 1n << 1n;
const compressionFlag = 1n << 3n;
// Bit 0 says only that reference counts may be wrong, which a reader does not need.
const readableFlags = 1n | corruptFlag | compressionFlag;

/** Whether bytes begin like a qcow2 file. */
export const isQcow2 = (head: Buffer): boolean => head.length >= 4 && head.readUInt32BE(0) === magic;

/**
 * Reads a header, of 112 bytes at least.
 * @throws VAPP_VERIFY_QCOW2 for what is not supported.
 */
export function readHeader(header: Buffer): Layout {
  if (!isQcow2(header)) throw unreadable('It does not begin like a qcow2 file.');
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw unreadable(`Its version is ${version}; 2 and 3 are known.`);
  if (header.readUInt32BE(32) !== 0) throw unreadable('It is encrypted.');
  const flags = version === 3 ? header.readBigUInt64BE(72) : 0n;
  if (flags & corruptFlag) throw unreadable('It is marked as corrupt.');
  if (flags & ~readableFlags) throw unreadable(`It has unknown features (${flags.toString(2)}).`);
  const clusterBits = header.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw unreadable(`Its clusters have 2^${clusterBits} bytes.`);
  const l1Entries = header.readUInt32BE(36);
  if (l1Entries > 2 ** 22) throw unreadable('Its first table is larger than QEMU allows.');
  return {
    version,
    size: Number(header.readBigUInt64BE(24)),
    clusterBits,
    l1Entries,
    l1Offset: Number(header.readBigUInt64BE(40)),
    ...(header.readBigUInt64BE(8) !== 0n && {
      backing: { offset: Number(header.readBigUInt64BE(8)), length: header.readUInt32BE(16) },
    }),
    zstd: (flags & compressionFlag) !== 0n && header[104] === 1,
  };
}
