import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';
import { type FatEntry, fatEntries } from './fat-directory.js';
import { chainOf, type FatLayout, firmwareRefusal, readFatLayout } from './fat-layout.js';
import { type FileNode, type FileTree, namesOf } from './tree.js';

/** A directory cannot have more than 65536 entries of 32 bytes. */
const largestDirectory = 2 ** 21;

/**
 * Opens the files of a FAT12, FAT16 or FAT32. Names are compared without regard to case.
 * @throws Damaged
 */
export async function openFat(disk: Disk): Promise<FileTree> {
  const layout = await readFatLayout(disk);
  const unfit = firmwareRefusal(layout);
  return {
    ...(unfit && { unfit }),
    find: async (path) => {
      let node = rootOf(layout);
      for (const name of namesOf(path)) {
        const wanted = name.toLowerCase();
        const entry = (await node.entries?.())?.find((one) => one.name.toLowerCase() === wanted);
        if (!entry) return undefined;
        node = nodeOf(layout, entry);
      }
      return node;
    },
  };
}

interface FatNode extends FileNode {
  /** Of a directory. */
  entries?(): Promise<FatEntry[]>;
}

function rootOf(layout: FatLayout): FatNode {
  const { root } = layout;
  if ('cluster' in root) return directory(layout, root.cluster);
  return directoryOf(() => layout.disk.read(root.start, root.size));
}

function nodeOf(layout: FatLayout, entry: FatEntry): FatNode {
  if (entry.directory) return directory(layout, entry.cluster);
  return {
    kind: 'file',
    size: entry.size,
    read: (offset, length) => readClusters(layout, entry, offset, length),
    list: async () => [],
  };
}

const directory = (layout: FatLayout, cluster: number): FatNode =>
  directoryOf(async () => {
    const chain = await chainOf(layout, cluster, largestDirectory / layout.clusterSize);
    return await readClusters(
      layout,
      { cluster, size: chain.length * layout.clusterSize },
      0,
      largestDirectory,
    );
  });

function directoryOf(read: () => Promise<Buffer>): FatNode {
  const entries = async (): Promise<FatEntry[]> => fatEntries(await read());
  return {
    kind: 'directory',
    size: 0,
    read: async () => Buffer.alloc(0),
    list: async () => (await entries()).map(({ name }) => name),
    entries,
  };
}

async function readClusters(
  layout: FatLayout,
  { cluster, size }: Pick<FatEntry, 'cluster' | 'size'>,
  offset: number,
  length: number,
): Promise<Buffer> {
  const { clusterSize, data, disk } = layout;
  const end = Math.min(offset + length, size);
  if (end <= offset) return Buffer.alloc(0);
  const chain = await chainOf(layout, cluster, Math.ceil(end / clusterSize));
  if (chain.length * clusterSize < end) throw new Damaged('a file is shorter than its directory says');
  const first = Math.floor(offset / clusterSize);
  const parts: Buffer[] = [];
  for (const one of chain.slice(first))
    parts.push(await disk.read(data + (one - 2) * clusterSize, clusterSize));
  const skip = offset - first * clusterSize;
  return Buffer.concat(parts).subarray(skip, skip + end - offset);
}
