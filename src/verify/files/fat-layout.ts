import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';

/** What of a FAT's boot sector a reader needs. Offsets are in bytes. */
export interface FatLayout {
  disk: Disk;
  /** Bits of an entry of the allocation table. */
  bits: 12 | 16 | 32;
  clusterSize: number;
  clusters: number;
  /** Where the first allocation table begins. */
  table: number;
  /** Where cluster 2 begins, the first one. */
  data: number;
  /** FAT32: the root's first cluster. Before: where the root directory lies, and its bytes. */
  root: { cluster: number } | { start: number; size: number };
}

/** Fewer clusters than these make no FAT32 by the specification, which mkfs.fat goes below when it is asked for `-F 32`. */
const fewestOfFat32 = 65_525;

/**
 * Why UEFI firmware does not read a FAT that Linux reads. Seen with OVMF 2025.02: it mounts a FAT32 of 66,512 clusters, and none of
 * 64,496.
 */
export const firmwareRefusal = ({ bits, clusters }: FatLayout): string | undefined =>
  bits === 32 && clusters < fewestOfFat32
    ? `its FAT32 has ${clusters} clusters, and a FAT32 has at least ${fewestOfFat32}: Linux reads it, firmware does not`
    : undefined;

/**
 * Reads the boot sector of a FAT12, FAT16 or FAT32 (Microsoft, FAT32 File System Specification 1.03). A FAT32 is told by the
 * field that only it leaves empty, as Linux does: mkfs.fat makes small ones with fewer clusters than are due to it.
 * @throws Damaged
 */
export async function readFatLayout(disk: Disk): Promise<FatLayout> {
  const boot = await disk.read(0, 512);
  const sectorSize = boot.readUInt16LE(11);
  const perCluster = boot[13]!;
  if (
    ![512, 1024, 2048, 4096].includes(sectorSize) ||
    perCluster === 0 ||
    (perCluster & (perCluster - 1)) !== 0
  )
    throw new Damaged('its boot sector makes no sense');
  const shortFat = boot.readUInt16LE(22);
  const fatSectors = shortFat || boot.readUInt32LE(36);
  const rootSectors = Math.ceil((boot.readUInt16LE(17) * 32) / sectorSize);
  const rootStart = boot.readUInt16LE(14) + boot[16]! * fatSectors;
  const all = boot.readUInt16LE(19) || boot.readUInt32LE(32);
  const clusters = Math.floor((all - rootStart - rootSectors) / perCluster);
  if (fatSectors === 0 || clusters < 1) throw new Damaged('its boot sector makes no sense');
  const bits = shortFat === 0 ? 32 : clusters < 4085 ? 12 : 16;
  return {
    disk,
    bits,
    clusterSize: perCluster * sectorSize,
    clusters,
    table: boot.readUInt16LE(14) * sectorSize,
    data: (rootStart + rootSectors) * sectorSize,
    root:
      bits === 32
        ? { cluster: boot.readUInt32LE(44) }
        : { start: rootStart * sectorSize, size: rootSectors * sectorSize },
  };
}

/** The clusters of a chain, at most so many; a shorter chain ends before. Rejects with Damaged. */
export async function chainOf(layout: FatLayout, first: number, most: number): Promise<number[]> {
  const chain: number[] = [];
  for (let cluster = first; chain.length < most; cluster = await entryOf(layout, cluster)) {
    if (cluster >= layout.clusters + 2 || cluster < 2) break;
    chain.push(cluster);
  }
  return chain;
}

async function entryOf({ disk, table, bits }: FatLayout, cluster: number): Promise<number> {
  if (bits === 12) {
    const pair = await disk.read(table + cluster + (cluster >>> 1), 2);
    return (pair.readUInt16LE(0) >>> ((cluster & 1) * 4)) & 0xfff;
  }
  const entry = await disk.read(table + (cluster * bits) / 8, bits / 8);
  return bits === 16 ? entry.readUInt16LE(0) : entry.readUInt32LE(0) & 0x0fff_ffff;
}
