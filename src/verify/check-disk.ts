import { type BiosReport, checkBios } from './boot/bios.js';
import type { Findings } from './boot/findings.js';
import { checkUefi, type UefiReport } from './boot/uefi.js';
import { type FoundVolume, findVolumes } from './boot/volumes.js';
import type { Disk } from './disk.js';
import type { Content } from './files/identify.js';
import { isExtended, type Partition, type PartitionTable } from './table/partition.js';
import { readPartitionTable } from './table/read.js';

/** `yes`: nothing that was read speaks against it. `unknown`: another boot loader than GRUB, which is not followed. */
export type Bootable = 'yes' | 'no' | 'unknown';

/** What a disk holds for its firmware. All sizes and offsets are in bytes but where a field says sectors (of 512 bytes). */
export interface DiskReport {
  /** By any firmware. */
  bootable: Bootable;
  size: number;
  table: Omit<PartitionTable, 'partitions'>;
  partitions: (Partition & { content: Content; unread?: string; problems: string[] })[];
  /** What a disk without partitions holds itself. */
  content?: Content;
  bios: BiosReport & { bootable: Bootable };
  uefi: UefiReport & { bootable: Bootable };
}

/**
 * Says whether a disk would boot, and what there is for that: partition table, first sector, GRUB's core image, its menu
 * and what the menu loads. Whatever is on the disk, it only makes findings; it rejects when the disk cannot be read.
 */
export async function checkDisk(disk: Disk): Promise<DiskReport> {
  const table = await readPartitionTable(disk);
  const volumes = await findVolumes(disk, table);
  const bios = await checkBios(disk, table, volumes);
  const uefi = await checkUefi(table, volumes);
  const verdicts = [verdict(bios, bios.core), verdict(uefi, uefi.grub)] as const;
  const { partitions, ...rest } = table;
  const whole = volumes.find(({ partition }) => !partition);
  return {
    bootable: (['yes', 'unknown'] as const).find((one) => verdicts.includes(one)) ?? 'no',
    size: disk.size,
    table: rest,
    partitions: partitions.map((partition) => describe(partition, volumes)),
    ...(whole && { content: whole.content }),
    bios: { bootable: verdicts[0], ...bios },
    uefi: { bootable: verdicts[1], ...uefi },
  };
}

function describe(partition: Partition, volumes: readonly FoundVolume[]): DiskReport['partitions'][number] {
  const volume = volumes.find((one) => one.partition === partition);
  return {
    ...partition,
    content: volume?.content ?? { type: isExtended(partition) ? 'extended' : 'unknown' },
    ...(volume?.unread && { unread: volume.unread }),
    problems: volume?.problems ?? [],
  };
}

/** `followed` is there when the way led through GRUB. */
function verdict({ problems }: Findings, followed: unknown): Bootable {
  if (problems.length > 0) return 'no';
  return followed === undefined ? 'unknown' : 'yes';
}
