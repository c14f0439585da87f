import { inflateCluster, unzstdCluster } from './qcow2-compression.js';
import { unreadable } from './qcow2-errors.js';
import { type Layout, readHeader } from './qcow2-header.js';

/** Reads bytes of a file that may lie on another host; fewer than asked for only at the file's end. */
export type ReadRange = (offset: number, length: number) => Promise<Buffer>;

/** What an image is laid over: where it has nothing of its own, the guest sees this. */
export interface BackingDisk {
  size: number;
  read: ReadRange;
}

/** Opens the backing file of an image by the name that stands in it. */
export type OpenBacking = (name: string) => Promise<BackingDisk>;

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
 * Format: docs/interop/qcow2.rst of QEMU. Not supported, and refused: encryption, external data files, extended L2
 * entries.
 * @param readRange reads the file's bytes.
 * @param openBacking without it, an image with a backing file is refused.
 * @throws VAPP_VERIFY_QCOW2
 */
export async function openQcow2(readRange: ReadRange, openBacking?: OpenBacking): Promise<Qcow2Image> {
  const read: ReadRange = async (offset, length) => padTo(await readRange(offset, length), length);
  const layout = readHeader(await read(0, 112));
  const clusterSize = 2 ** layout.clusterBits;
  const entryOf = await openTables(read, layout);
  const backing = await backingOf(read, layout, openBacking);
  const unpack = keepLast((entry) => readCompressed(read, layout, entry));
  return {
    size: layout.size,
    clusterSize,
    read: async (offset, length) => {
      const chunks: Buffer[] = [];
      for (let at = offset; at < offset + length; ) {
        const within = at % clusterSize;
        const count = Math.min(clusterSize - within, offset + length - at);
        const entry = await entryOf(Math.floor(at / clusterSize));
        const packed = (entry & compressedFlag) !== 0n;
        chunks.push(
          packed
            ? (await unpack(entry)).subarray(within, within + count)
            : await readPlain(read, layout, entry, { at, within, count, backing }),
        );
        at += count;
      }
      return Buffer.concat(chunks);
    },
  };
}

// The last cluster of a file may be cut off: QEMU reads what is missing as zeros.
const padTo = (bytes: Buffer, length: number): Buffer =>
  bytes.length >= length ? bytes : Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);

/** Says of a cluster of the guest's what its L2 entry is; 0 when there is none. */
async function openTables(read: ReadRange, layout: Layout): Promise<(cluster: number) => Promise<bigint>> {
  const tableSize = 2 ** layout.clusterBits;
  const perTable = tableSize / entrySize;
  const first = await read(layout.l1Offset, layout.l1Entries * entrySize);
  const tables = new Map<number, Promise<Buffer>>();
  return async (cluster) => {
    const index = Math.floor(cluster / perTable);
    if (index >= layout.l1Entries) throw unreadable('Its first table is too short for its size.');
    const offset = Number(first.readBigUInt64BE(index * entrySize) & hostOffsetMask);
    if (offset === 0) return 0n;
    const table = tables.get(offset) ?? read(offset, tableSize);
    tables.set(offset, table);
    return (await table).readBigUInt64BE((cluster % perTable) * entrySize);
  };
}

interface Range {
  /** Byte of the guest's disk, and of its cluster. */
  at: number;
  within: number;
  count: number;
  backing: BackingDisk | undefined;
}

async function readPlain(
  read: ReadRange,
  layout: Layout,
  entry: bigint,
  { at, within, count, backing }: Range,
): Promise<Buffer> {
  const offset = Number(entry & hostOffsetMask);
  const zero = layout.version > 2 && (entry & zeroFlag) !== 0n;
  if (!zero && offset !== 0) return await read(offset + within, count);
  if (zero || !backing || at >= backing.size) return Buffer.alloc(count);
  // The backing disk may be smaller.
  return padTo(await backing.read(at, Math.min(count, backing.size - at)), count);
}

const longestName = 1023;
const backingHint = 'name it as POOL/VOLUME, or make one image of both: qemu-img convert -O qcow2 IMAGE NEW';

async function backingOf(
  read: ReadRange,
  { backing }: Layout,
  open: OpenBacking | undefined,
): Promise<BackingDisk | undefined> {
  if (!backing) return undefined;
  if (!open || backing.length > longestName)
    throw unreadable('It has a backing file.', undefined, backingHint);
  return await open((await read(backing.offset, backing.length)).toString('utf8'));
}

/** A compressed cluster is unpacked as a whole, and mostly asked for in pieces. */
function keepLast(unpack: (entry: bigint) => Promise<Buffer>): (entry: bigint) => Promise<Buffer> {
  let last: { entry: bigint; bytes: Promise<Buffer> } | undefined;
  return async (entry) => {
    if (last?.entry !== entry) last = { entry, bytes: unpack(entry) };
    return await last.bytes;
  };
}

async function readCompressed(read: ReadRange, layout: Layout, entry: bigint): Promise<Buffer> {
  const size = 2 ** layout.clusterBits;
  const offsetBits = BigInt(62 - (layout.clusterBits - 8));
  const offset = Number(entry & ((1n << offsetBits) - 1n));
  const moreSectors = Number((entry & (compressedFlag - 1n)) >> offsetBits);
  const packed = await read(offset, (moreSectors + 1) * 512 - (offset % 512));
  const plain = layout.zstd ? await unzstdCluster(packed, size) : inflateCluster(packed, size);
  if (plain.length < size) throw unreadable('A compressed cluster is too short.');
  return plain.subarray(0, size);
}
