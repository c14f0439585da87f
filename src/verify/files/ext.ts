import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';
import { entriesOf, placesOf, readData } from './ext-data.js';
import { type ExtInode, type ExtLayout, kindOf, readInode } from './ext-inode.js';
import { type FileNode, type FileTree, namesOf } from './tree.js';

const superblock = 1024;
const rootInode = 2;
const wideFeature = 0x80;
// Filetype, recover, extents, 64 bit, flex_bg, large extended attributes, checksum seed, large directories, inline data,
// encryption, case folding: what does not change where things are. Inodes that use the last ones are refused one by one.
const knownFeatures =
  0x2 | 0x4 | 0x40 | wideFeature | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000;
/** Symbolic links that are followed on one path, as in Linux. */
const mostLinks = 40;

/**
 * Opens the files of an ext2, ext3 or ext4. The journal is not replayed: what a crashed system wrote last is not seen.
 * Layout: Linux, Documentation/filesystems/ext4.
 * @throws Damaged, also for features that change the layout and are not known.
 */
export async function openExt(disk: Disk): Promise<FileTree> {
  const layout = await readLayout(disk);
  return {
    find: async (path) => {
      const inode = await walk(layout, { names: namesOf(path), from: [rootInode], links: 0 });
      return inode && nodeOf(layout, inode);
    },
  };
}

/** Whether the file system was mounted when it was last used, so that its journal has something to replay. */
export async function needsRecovery(disk: Disk): Promise<boolean> {
  const bytes = await disk.read(superblock, 1024);
  return (bytes.readUInt32LE(96) & 0x4) !== 0;
}

async function readLayout(disk: Disk): Promise<ExtLayout> {
  const bytes = await disk.read(superblock, 1024);
  const old = bytes.readUInt32LE(76) === 0;
  const features = old ? 0 : bytes.readUInt32LE(96);
  if (features & ~knownFeatures)
    throw new Damaged(`it has features that are not known (${(features & ~knownFeatures).toString(16)})`);
  const blockSize = 1024 * 2 ** bytes.readUInt32LE(24);
  const inodeSize = old ? 128 : bytes.readUInt16LE(88);
  const wide = (features & wideFeature) !== 0;
  const descriptorSize = wide ? bytes.readUInt16LE(254) : 32;
  const inodesPerGroup = bytes.readUInt32LE(40);
  if (blockSize > 65_536 || inodeSize < 128 || inodeSize > blockSize || inodesPerGroup === 0)
    throw new Damaged('its superblock makes no sense');
  if (descriptorSize < (wide ? 64 : 32) || descriptorSize > 1024)
    throw new Damaged('its superblock makes no sense');
  return {
    disk,
    blockSize,
    inodeSize,
    inodes: bytes.readUInt32LE(0),
    inodesPerGroup,
    descriptorSize,
    descriptors: (bytes.readUInt32LE(20) + 1) * blockSize,
    wideDescriptors: wide,
  };
}

interface Walk {
  names: string[];
  /** Inodes from the root to where the walk stands. */
  from: number[];
  links: number;
}

async function walk(layout: ExtLayout, { names, from, links }: Walk): Promise<ExtInode | undefined> {
  const path = [...from];
  for (const [index, name] of names.entries()) {
    if (name === '..') {
      if (path.length > 1) path.pop();
      continue;
    }
    const directory = await readInode(layout, path.at(-1)!);
    if (kindOf(directory.mode) !== 'directory') return undefined;
    const number = (await entriesOf(layout, directory)).get(name);
    if (number === undefined) return undefined;
    const inode = await readInode(layout, number);
    if (kindOf(inode.mode) === 'link') {
      if (links >= mostLinks) throw new Damaged('its symbolic links go in a circle');
      const target = await linkTarget(layout, inode);
      const next = [...namesOf(target), ...names.slice(index + 1)];
      const start = target.startsWith('/') ? [rootInode] : path;
      return await walk(layout, { names: next, from: start, links: links + 1 });
    }
    path.push(number);
  }
  return await readInode(layout, path.at(-1)!);
}

async function linkTarget(layout: ExtLayout, inode: ExtInode): Promise<string> {
  const short = inode.sectors === 0 && inode.size < 60;
  const bytes = short
    ? inode.map.subarray(0, inode.size)
    : await readData(layout, inode, 0, Math.min(inode.size, 4096));
  return bytes.toString('utf8');
}

function nodeOf(layout: ExtLayout, inode: ExtInode): FileNode {
  const kind = kindOf(inode.mode);
  return {
    kind: kind === 'link' ? 'other' : kind,
    size: inode.size,
    read: (offset, length) => readData(layout, inode, offset, length),
    list: async () => [...(await entriesOf(layout, inode)).keys()],
    places: () => placesOf(layout, inode),
  };
}
