import type { FoundVolume } from '../../verify/index.js';
import type { GrubFirmware } from '../grub-request.js';
import { coreArea, espOf, freeSpans, lengthOfSpan } from './places.js';
import * as refuse from './refusals.js';
import type { ExaminedDisk } from './systems.js';

export interface Wishes {
  /** How messages call the disk. */
  target: string;
  root?: string;
  firmware?: 'bios' | 'uefi' | 'both';
}

/** What will be done to a disk, as far as it can be said from outside. */
export interface Decision {
  /** Undefined: the guest looks for it, as only a mount shows what is there. */
  root?: string;
  esp?: number;
  firmware: GrubFirmware[];
}

const x86 = 62;

/**
 * Sectors that GRUB's core image takes, by what it has to read, with some to spare; measured with GRUB 2.12: 56 for ext4,
 * 57 for xfs, 71 to 75 for LVM, 145 for btrfs.
 */
const coreSectors: Readonly<Record<string, number>> = { xfs: 58, lvm: 76, btrfs: 150 };
const usualCore = 57;

/**
 * Chooses root and firmware, and refuses a disk that GRUB cannot be put on. Pure.
 * @throws VAPP_BOOTLOADER_NO_TABLE, _NO_ROOT, _ROOTS, _ENCRYPTED, _FOREIGN, _GAP, _NO_BIOS_BOOT, _NO_ESP, _ESP
 */
export function decide(disk: ExaminedDisk, wishes: Wishes): Decision {
  if (disk.table.kind === 'none' || disk.table.partitions.length === 0) throw refuse.noTable(wishes.target);
  const root = chooseRoot(disk, wishes);
  const firmware = chooseFirmware(disk, wishes, root);
  const esp = espOf(disk.table);
  return { ...(root !== undefined && { root }), ...(esp !== undefined && { esp }), firmware };
}

function chooseRoot(disk: ExaminedDisk, { root, target }: Wishes): string | undefined {
  if (root !== undefined) return checkedRoot(disk, root, target);
  const { systems, hidden } = disk;
  if (systems.length > 1) throw refuse.severalRoots(target, systems);
  if (hidden.length > 0) return undefined;
  const [only] = systems;
  if (!only)
    throw disk.encrypted.length > 0 ? refuse.encrypted(target, disk.encrypted) : refuse.noRoot(target, disk);
  refuseForeign(only);
  return String(only.partition);
}

function checkedRoot(disk: ExaminedDisk, root: string, target: string): string {
  if (root.includes('/')) return root;
  const number = Number(root);
  const system = disk.systems.find(({ partition }) => partition === number);
  if (system) refuseForeign(system);
  else if (disk.encrypted.includes(number)) throw refuse.encrypted(target, [number]);
  else if (!disk.hidden.includes(number)) throw refuse.noSuchPartition(root, disk);
  return root;
}

function refuseForeign({ partition, machine }: ExaminedDisk['systems'][number]): void {
  if (machine !== undefined && machine !== x86) throw refuse.foreign(partition, machine);
}

function chooseFirmware(
  disk: ExaminedDisk,
  { firmware, target }: Wishes,
  root: string | undefined,
): GrubFirmware[] {
  const { table } = disk;
  const bios = table.kind === 'dos' || coreArea(table) !== undefined;
  const esp = espOf(table);
  const unfit = disk.volumes.find(({ partition }) => esp && partition?.number === esp)?.tree?.unfit;
  const uefi = esp !== undefined && unfit === undefined;
  const wanted: GrubFirmware[] =
    firmware === undefined
      ? [...(bios ? ['bios' as const] : []), ...(uefi ? ['uefi' as const] : [])]
      : firmware === 'both'
        ? ['bios', 'uefi']
        : [firmware];
  if (esp !== undefined && unfit && (wanted.includes('uefi') || wanted.length === 0))
    throw refuse.unfitEsp(esp, unfit);
  if (wanted.includes('uefi') && !uefi) throw refuse.noEsp(target);
  if ((wanted.includes('bios') && !bios) || wanted.length === 0)
    throw refuse.noBiosBoot(target, freeSpans(table, disk.size));
  if (wanted.includes('bios')) refuseSmallArea(disk, target, root);
  return wanted;
}

function refuseSmallArea(disk: ExaminedDisk, target: string, root: string | undefined): void {
  const area = coreArea(disk.table);
  const has = area ? lengthOfSpan(area) : 0;
  const needs = coreSectors[typeOf(disk.volumes, root)] ?? usualCore;
  if (has < needs) throw refuse.smallGap(target, has, needs);
}

/** Of the root's file system; a /boot of its own is seen in the guest, where grub-install has the last word. */
const typeOf = (volumes: readonly FoundVolume[], root: string | undefined): string =>
  volumes.find(({ partition }) => partition && String(partition.number) === root)?.content.type ?? '';
