import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';
import type { FileNode } from './tree.js';

/** What of a superblock a reader needs. Blocks are of `blockSize` bytes. */
export interface ExtLayout {
  disk: Disk;
  blockSize: number;
  inodeSize: number;
  inodes: number;
  inodesPerGroup: number;
  descriptorSize: number;
  /** Byte where the group descriptors begin. */
  descriptors: number;
  wideDescriptors: boolean;
}

/** An inode: its mode, size and the 60 bytes that lead to its data. */
export interface ExtInode {
  mode: number;
  size: number;
  flags: number;
  /** The number of 512-byte sectors that it takes up; 0 for a symbolic link that stands in the inode. */
  sectors: number;
  map: Buffer;
}

export const extentsFlag = 0x80000;
// Encrypted names, and data within the inode: not read.
const foreignFlags = 0x800 | 0x1000_0000;

export const kindOf = (mode: number): FileNode['kind'] | 'link' => {
  const type = mode & 0xf000;
  if (type === 0x8000) return 'file';
  if (type === 0x4000) return 'directory';
  return type === 0xa000 ? 'link' : 'other';
};

/** Reads an inode by its number. @throws Damaged */
export async function readInode(layout: ExtLayout, number: number): Promise<ExtInode> {
  if (number < 1 || number > layout.inodes) throw new Damaged(`there is no inode ${number}`);
  const group = Math.floor((number - 1) / layout.inodesPerGroup);
  const table = await inodeTable(layout, group);
  const at = table * layout.blockSize + ((number - 1) % layout.inodesPerGroup) * layout.inodeSize;
  const bytes = await layout.disk.read(at, 128);
  const flags = bytes.readUInt32LE(32);
  if (flags & foreignFlags) throw new Damaged(`inode ${number} is encrypted or holds its data itself`);
  const mode = bytes.readUInt16LE(0);
  return {
    mode,
    size: bytes.readUInt32LE(4) + (kindOf(mode) === 'file' ? bytes.readUInt32LE(108) * 2 ** 32 : 0),
    flags,
    sectors: bytes.readUInt32LE(28),
    map: bytes.subarray(40, 100),
  };
}

async function inodeTable(layout: ExtLayout, group: number): Promise<number> {
  const at = layout.descriptors + group * layout.descriptorSize;
  const descriptor = await layout.disk.read(at, layout.descriptorSize);
  const high = layout.wideDescriptors ? descriptor.readUInt32LE(0x28) : 0;
  return descriptor.readUInt32LE(8) + high * 2 ** 32;
}
