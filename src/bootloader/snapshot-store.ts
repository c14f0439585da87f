/**
 * The store of a persistent snapshot of device-mapper, which holds what was written to the snapshot (Linux,
 * drivers/md/dm-snap-persistent.c). All numbers are little-endian. Chunk 0: magic, valid, version, sectors in a chunk, of
 * 32 bits each. Then areas: one chunk of pairs of 64 bits (number of a chunk of the disk, number of the chunk here that
 * has its content), as many as fit, followed by the chunks themselves. A pair with a second number of 0 ends them.
 */
const magic = 0x70416e53;
const version = 1;
const pairBytes = 16;
const sectorBytes = 512;

/** A chunk that was written to. */
export interface StoredChunk {
  /** Its number on the disk. */
  chunk: number;
  /** Of the chunk in the store that has its content. */
  stored: number;
}

export interface SnapshotStore {
  chunkBytes: number;
  chunks: StoredChunk[];
}

export type ReadRange = (offset: number, length: number) => Promise<Buffer>;

/** Chunks from the beginning of one area to that of the next. */
const areaStride = (chunkBytes: number): number => chunkBytes / pairBytes + 1;

/** What lies in a store. Throws RangeError when it is none, or when it has overflowed. */
export async function readStore(read: ReadRange): Promise<SnapshotStore> {
  const header = await read(0, 16);
  if (header.length < 16 || header.readUInt32LE(0) !== magic || header.readUInt32LE(8) !== version)
    throw new RangeError('it is not the store of a snapshot');
  if (header.readUInt32LE(4) !== 1)
    throw new RangeError('the snapshot is not valid any more: its store was full');
  const chunkBytes = header.readUInt32LE(12) * sectorBytes;
  if (chunkBytes < 4096 || chunkBytes > 2 ** 20) throw new RangeError(`it has chunks of ${chunkBytes} bytes`);
  const chunks: StoredChunk[] = [];
  for (let area = 0; ; area += 1) {
    const pairs = await read((1 + area * areaStride(chunkBytes)) * chunkBytes, chunkBytes);
    for (let at = 0; at < chunkBytes; at += pairBytes) {
      const stored = at + pairBytes <= pairs.length ? Number(pairs.readBigUInt64LE(at + 8)) : 0;
      if (stored === 0) return { chunkBytes, chunks };
      chunks.push({ chunk: Number(pairs.readBigUInt64LE(at)), stored });
    }
  }
}

/**
 * Writes a store of these chunks, piece by piece from its beginning; `snapshot-merge` puts them onto a disk.
 * @param chunks ascending numbers of chunks.
 * @param content of a chunk; shorter for one that the disk's end cuts.
 */
export async function* storeOf(
  chunks: readonly number[],
  chunkBytes: number,
  content: (chunk: number) => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  yield headerOf(chunkBytes);
  const perArea = chunkBytes / pairBytes;
  // An area that is full is followed by one that says that there are no more.
  for (let area = 0; area * perArea <= chunks.length; area += 1) {
    const own = chunks.slice(area * perArea, (area + 1) * perArea);
    const first = 1 + area * areaStride(chunkBytes) + 1;
    yield pairsOf(own, first, chunkBytes);
    for (const chunk of own) yield padded(await content(chunk), chunkBytes);
  }
}

function headerOf(chunkBytes: number): Buffer {
  const header = Buffer.alloc(chunkBytes);
  [magic, 1, version, chunkBytes / sectorBytes].forEach((word, index) => {
    header.writeUInt32LE(word, index * 4);
  });
  return header;
}

function pairsOf(chunks: readonly number[], first: number, chunkBytes: number): Buffer {
  const pairs = Buffer.alloc(chunkBytes);
  chunks.forEach((chunk, index) => {
    pairs.writeBigUInt64LE(BigInt(chunk), index * pairBytes);
    pairs.writeBigUInt64LE(BigInt(first + index), index * pairBytes + 8);
  });
  return pairs;
}

const padded = (content: Buffer, length: number): Buffer =>
  content.length === length ? content : Buffer.concat([content, Buffer.alloc(length - content.length)]);
