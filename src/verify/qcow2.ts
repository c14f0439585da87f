import { inflateRawSync } from 'node:zlib';
import { execa } from 'execa';
import { VappError } from '../errors.js';

/** Reads bytes of a file that may lie on another host; fewer than asked for only at the file's end. */
export type ReadRange = (offset: number, length: number) => Promise<Buffer>;

/** The guest's view of an image. */
export interface Qcow2Image {
  /** Bytes that the guest sees. */
  size: number;
  clusterSize: number;
  /** Bytes of the guest's disk; clusters without data are zeros. `offset + length` must not exceed `size`. */
  read(offset: number, length: number): Promise<Buffer>;
}

const entrySize = 8;
const compressedFlag = 1n << 62n;
const zeroFlag = 1n;
const hostOffsetMask = 0x00ff_ffff_ffff_fe00n;
/**
 * A reader of qcow2 images of version 2 and 3 with plain, zero and compressed clusters.
 * Format: docs/interop/qcow2.rst of QEMU. Not supported, and refused: backing files, encryption, external data files,
 * extended L2 entries.
 * @param readRange reads the file's bytes.
 * @throws VAPP_VERIFY_QCOW2
 */
export async function openQcow2(readRange: ReadRange): Promise<Qcow2Image> {
  const read: ReadRange = async (offset, length) => padTo(await readRange(offset, length), length);
  const layout = readHeader(await read(0, 112));
  const clusterSize = 2 ** layout.clusterBits;
  const l1 = await read(layout.l1Offset, layout.l1Entries * entrySize);
  const tables = new Map<number, Promise<Buffer>>();

  const entryOf = async (cluster: number): Promise<bigint> => {
    const perTable = clusterSize / entrySize;
    const index = Math.floor(cluster / perTable);
    if (index >= layout.l1Entries) throw unreadable('Its first table is too short for its size.');
    const table = Number(l1.readBigUInt64BE(index * entrySize) & hostOffsetMask);
    if (table === 0) return 0n;
    if (!tables.has(table)) tables.set(table, read(table, clusterSize));
    return (await tables.get(table)!).readBigUInt64BE((cluster % perTable) * entrySize);
  };

  const readCluster = async (cluster: number): Promise<Buffer> => {
    const entry = await entryOf(cluster);
    if (entry & compressedFlag) return readCompressed(read, entry, layout);
    const host = Number(entry & hostOffsetMask);
    const zero = layout.version > 2 && (entry & zeroFlag) !== 0n;
    return zero || host === 0 ? Buffer.alloc(clusterSize) : read(host, clusterSize);
  };

  return {
    size: layout.size,
    clusterSize,
    read: async (offset, length) => {
      const first = Math.floor(offset / clusterSize);
      const chunks: Buffer[] = [];
      for (let cluster = first; cluster * clusterSize < offset + length; cluster += 1) {
        chunks.push(await readCluster(cluster));
      }
      const skip = offset - first * clusterSize;
      return Buffer.concat(chunks).subarray(skip, skip + length);
    },
  };
}

// The last cluster of a file may be cut off: QEMU reads what is missing as zeros.
const padTo = (bytes: Buffer, length: number): Buffer =>
  bytes.length >= length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);

async function readCompressed(read: ReadRange, entry: bigint, layout: Layout): Promise<Buffer> {
  const offsetBits = BigInt(62 - (layout.clusterBits - 8));
  const offset = Number(entry & ((1n << offsetBits) - 1n));
  const moreSectors = Number((entry & (compressedFlag - 1n)) >> offsetBits);
  const packed = await read(offset, (moreSectors + 1) * 512 - (offset % 512));
  const size = 2 ** layout.clusterBits;
  const plain = layout.zstd ? await unzstd(packed, size) : inflate(packed, size);
  if (plain.length < size) throw unreadable('A compressed cluster is too short.');
  return plain.subarray(0, size);
}

// What follows the cluster in its last sector belongs to another one: both decompressors must put up with it.
function inflate(packed: Buffer, size: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: size });
  } catch (cause) {
    throw new VappError('VAPP_VERIFY_QCOW2', 'The disk image cannot be read', {
      why: 'A compressed cluster is damaged.',
      cause,
    });
  }
}

async function unzstd(packed: Buffer, size: number): Promise<Buffer> {
  const child = await execa('zstd', ['-d', '-c', '-q'], {
    input: packed,
    encoding: 'buffer',
    env: { LC_ALL: 'C' },
    maxBuffer: size * 8,
    reject: false,
  });
  if (child.code === 'ENOENT')
    throw unreadable('Its clusters are compressed with zstd, and there is no zstd here.');
  return Buffer.from(child.stdout ?? []);
}
