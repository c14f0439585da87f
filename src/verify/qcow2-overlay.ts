import type { Patch } from './patch.js';

/** Bytes: QEMU's own choice. */
const clusterSize = 2 ** 16;
const clusterBits = 16;
/** Reference counts of 16 bits, QEMU's own choice. */
const refcountBytes = 2;
/** Entries of both tables, of 8 bytes, in one cluster. */
const perTable = clusterSize / 8;
/** A cluster that is used once (QCOW_OFLAG_COPIED): a write needs no copy of it. */
const copied = 1n << 63n;
const headerLength = 112;
/** Type of the header extension that names the format of the backing file. */
const backingFormat = 0xe2792aca;

export interface OverlayOptions {
  /** Bytes of the disk, as its guest sees it. */
  size: number;
  /** Path of the backing qcow2 file, where the image will lie. */
  backing: string;
  /** A disk with the backing file's content, of the same size. */
  disk: { read(offset: number, length: number): Promise<Buffer> };
  patches: readonly Patch[];
}

/**
 * A qcow2 image (version 3) over a backing file that differs from it in a few bytes. QEMU, docs/interop/qcow2.txt: header,
 * table of reference counts and one block of them, first table, second tables, data; all in clusters, in this order.
 * @throws RangeError for a disk of which one first table is not enough (4 TiB).
 */
export async function overlayImage(o: OverlayOptions): Promise<Buffer> {
  const clusters = await patchedClusters(o);
  const l1Entries = Math.ceil(o.size / (clusterSize * perTable));
  if (l1Entries > perTable) throw new RangeError(`a disk of ${o.size} bytes`);
  const tables = [...new Set([...clusters.keys()].map((index) => Math.floor(index / perTable)))];
  const firstData = 4 + tables.length;
  const l1 = Buffer.alloc(clusterSize);
  const l2 = new Map(tables.map((table) => [table, Buffer.alloc(clusterSize)]));
  for (const [place, table] of tables.entries()) l1.writeBigUInt64BE(entryFor(4 + place), table * 8);
  for (const [place, index] of [...clusters.keys()].entries())
    l2.get(Math.floor(index / perTable))!.writeBigUInt64BE(
      entryFor(firstData + place),
      (index % perTable) * 8,
    );
  const used = firstData + clusters.size;
  return Buffer.concat([
    header(o, l1Entries),
    refcountTable(),
    refcountBlock(used),
    l1,
    ...l2.values(),
    ...clusters.values(),
  ]);
}

const entryFor = (cluster: number): bigint => BigInt(cluster * clusterSize) | copied;

/** The clusters that patches touch, patched, by their number in the disk; the last may be shorter there. */
async function patchedClusters({ size, disk, patches }: OverlayOptions): Promise<Map<number, Buffer>> {
  const clusters = new Map<number, Buffer>();
  for (const { offset, bytes } of patches) {
    for (let at = offset; at < offset + bytes.length; ) {
      const index = Math.floor(at / clusterSize);
      const start = index * clusterSize;
      const count = Math.min(start + clusterSize, offset + bytes.length) - at;
      const cluster = clusters.get(index) ?? Buffer.alloc(clusterSize);
      if (!clusters.has(index)) (await disk.read(start, Math.min(clusterSize, size - start))).copy(cluster);
      bytes.copy(cluster, at - start, at - offset, at - offset + count);
      clusters.set(index, cluster);
      at += count;
    }
  }
  return clusters;
}

function header({ size, backing }: OverlayOptions, l1Entries: number): Buffer {
  const bytes = Buffer.alloc(clusterSize);
  const name = Buffer.from(backing, 'utf8');
  const extensionEnd = headerLength + 16;
  bytes.write('QFI\xfb', 0, 'latin1');
  bytes.writeUInt32BE(3, 4);
  bytes.writeBigUInt64BE(BigInt(extensionEnd + 8), 8);
  bytes.writeUInt32BE(name.length, 16);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(l1Entries, 36);
  bytes.writeBigUInt64BE(BigInt(3 * clusterSize), 40);
  bytes.writeBigUInt64BE(BigInt(clusterSize), 48);
  bytes.writeUInt32BE(1, 56);
  bytes.writeUInt32BE(Math.log2(refcountBytes * 8), 96);
  bytes.writeUInt32BE(headerLength, 100);
  bytes.writeUInt32BE(backingFormat, headerLength);
  bytes.writeUInt32BE('qcow2'.length, headerLength + 4);
  bytes.write('qcow2', headerLength + 8, 'latin1');
  name.copy(bytes, extensionEnd + 8);
  return bytes;
}

function refcountTable(): Buffer {
  const table = Buffer.alloc(clusterSize);
  table.writeBigUInt64BE(BigInt(2 * clusterSize), 0);
  return table;
}

function refcountBlock(used: number): Buffer {
  if (used > clusterSize / refcountBytes) throw new RangeError(`patches of ${used} clusters`);
  const block = Buffer.alloc(clusterSize);
  for (let cluster = 0; cluster < used; cluster += 1) block.writeUInt16BE(1, cluster * refcountBytes);
  return block;
}
