import { Damaged } from '../damaged.js';
import { type ExtInode, type ExtLayout, extentsFlag } from './ext-inode.js';

const extentMagic = 0xf30a;
/** Linux's own limit (EXT4_MAX_EXTENT_DEPTH of fs/ext4/ext4_extents.h). */
const deepest = 5;
const directBlocks = 12;

/** The block of the disk that holds a block of a file; undefined for a hole. Rejects with Damaged. */
export async function blockOf(
  layout: ExtLayout,
  inode: ExtInode,
  block: number,
): Promise<number | undefined> {
  const found =
    inode.flags & extentsFlag ? byExtents(layout, inode, block) : byPointers(layout, inode, block);
  return (await found) || undefined;
}

/** Walks the tree of extents: nodes of a header and entries of 12 bytes, sorted (Linux, Documentation/filesystems/ext4). */
async function byExtents(layout: ExtLayout, inode: ExtInode, block: number): Promise<number> {
  let node = inode.map;
  for (let level = 0; level <= deepest; level += 1) {
    const entries = node.readUInt16LE(2);
    if (node.readUInt16LE(0) !== extentMagic || 12 + entries * 12 > node.length)
      throw new Damaged('a tree of extents is damaged');
    const at = lastBefore(node, entries, block);
    if (at === undefined) return 0;
    if (node.readUInt16LE(6) === 0) return inExtent(node, at, block);
    const child = node.readUInt32LE(at + 4) + node.readUInt16LE(at + 8) * 2 ** 32;
    node = await layout.disk.read(child * layout.blockSize, layout.blockSize);
  }
  throw new Damaged('a tree of extents is too deep');
}

function lastBefore(node: Buffer, entries: number, block: number): number | undefined {
  let found: number | undefined;
  for (let at = 12; at < 12 + entries * 12; at += 12) {
    if (node.readUInt32LE(at) > block) break;
    found = at;
  }
  return found;
}

function inExtent(node: Buffer, at: number, block: number): number {
  const offset = block - node.readUInt32LE(at);
  const length = node.readUInt16LE(at + 4);
  // Above 32768 the extent is allocated but not written, and reads as zeros.
  if (length > 32_768 || offset >= length) return 0;
  return node.readUInt32LE(at + 8) + node.readUInt16LE(at + 6) * 2 ** 32 + offset;
}

/** 12 direct pointers, then one each to a block of pointers, of blocks of pointers, and so on once more. */
async function byPointers(layout: ExtLayout, inode: ExtInode, block: number): Promise<number> {
  if (block < directBlocks) return inode.map.readUInt32LE(block * 4);
  const perBlock = layout.blockSize / 4;
  let rest = block - directBlocks;
  for (let depth = 1; depth <= 3; depth += 1) {
    const covered = perBlock ** depth;
    if (rest < covered)
      return await throughPointers(layout, inode.map.readUInt32LE((11 + depth) * 4), rest, depth);
    rest -= covered;
  }
  throw new Damaged('a file is larger than its inode can say');
}

async function throughPointers(
  layout: ExtLayout,
  top: number,
  index: number,
  depth: number,
): Promise<number> {
  const perBlock = layout.blockSize / 4;
  let block = top;
  for (let level = depth - 1; level >= 0 && block !== 0; level -= 1) {
    const slot = Math.floor(index / perBlock ** level) % perBlock;
    const pointer = await layout.disk.read(block * layout.blockSize + slot * 4, 4);
    block = pointer.readUInt32LE(0);
  }
  return block;
}
