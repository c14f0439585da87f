import { Damaged } from '../damaged.js';
import { type Disk, partOf } from '../disk.js';
import { needsRecovery, openExt } from '../files/ext.js';
import { openFat } from '../files/fat.js';
import { type Content, identify } from '../files/identify.js';
import type { FileTree } from '../files/tree.js';
import { isExtended, type Partition, type PartitionTable } from '../table/partition.js';

/** A partition, or a disk without partitions, with what it holds. */
export interface FoundVolume {
  /** Undefined for a disk without partitions. */
  partition?: Partition;
  content: Content;
  tree?: FileTree;
  /** Why its files are not read, where one would look for some. */
  unread?: string;
  /** One sentence each. */
  problems: string[];
}

/** More partitions than this are listed, but not looked into. */
const mostVolumes = 64;
/** What file systems stand in, so that a UUID that is not found may be inside. */
const containers = new Set(['lvm', 'luks', 'raid']);
const withFiles = new Set(['xfs', 'btrfs', 'ntfs', 'iso9660', 'squashfs']);

const openers: Record<string, (part: Disk) => Promise<FileTree>> = {
  ext2: openExt,
  ext3: openExt,
  ext4: openExt,
  vfat: openFat,
};

/** Looks into each partition. Rejects only when the disk itself cannot be read. */
export async function findVolumes(disk: Disk, table: PartitionTable): Promise<FoundVolume[]> {
  if (table.kind === 'none') return [await look(disk)];
  const found: FoundVolume[] = [];
  for (const partition of table.partitions.slice(0, mostVolumes)) {
    if (isExtended(partition)) continue;
    found.push(await look(partOf(disk, partition.start, partition.size), partition));
  }
  return found;
}

async function look(part: Disk, partition?: Partition): Promise<FoundVolume> {
  const volume: FoundVolume = { ...(partition && { partition }), content: { type: 'unknown' }, problems: [] };
  const name = nameOf(volume);
  try {
    volume.content = await identify(part);
    const { type } = volume.content;
    const open = openers[type];
    if (open) volume.tree = await open(part);
    if (withFiles.has(type)) volume.unread = `files of ${type} are not read`;
    if (containers.has(type)) volume.unread = `what is inside ${type} is not read`;
    if (type.startsWith('ext') && (await needsRecovery(part)))
      volume.problems.push(`The file system of ${name} was not unmounted; its journal is not replayed here.`);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    volume.unread = error.message;
    volume.problems.push(`${capital(name)} cannot be read: ${error.message}.`);
  }
  return volume;
}

/** How a sentence calls it. */
export const nameOf = ({ partition }: Pick<FoundVolume, 'partition'>): string =>
  partition ? `partition ${partition.number}` : 'the disk';

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The file system with this UUID. GRUB compares without regard to case. */
export const byUuid = (volumes: readonly FoundVolume[], uuid: string): FoundVolume | undefined =>
  volumes.find(({ content }) => content.uuid?.toLowerCase() === uuid.toLowerCase());

/** Whether a file system that is not found may stand in something that is not read. */
export const mayHide = (volumes: readonly FoundVolume[]): boolean =>
  volumes.some(({ content }) => containers.has(content.type));
