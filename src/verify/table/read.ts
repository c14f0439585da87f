import type { Disk } from '../disk.js';
import { dosEntries, readDos } from './dos.js';
import { type Gpt, gptSignature, readGpt } from './gpt.js';
import type { PartitionTable } from './partition.js';

const protectiveType = 0xee;

/** Reads a disk's partition table, the second copy of a GPT too. Rejects only when the disk itself cannot be read. */
export async function readPartitionTable(disk: Disk): Promise<PartitionTable> {
  const none = { kind: 'none', sectorSize: 512, partitions: [] } as const;
  if (disk.size < 512) return { ...none, partitions: [], problems: ['There is less than one sector.'] };
  const sector = await disk.read(0, 512);
  const sectorSize = await gptSectorSize(disk);
  if (sectorSize) return await readBothGpts(disk, sector, sectorSize);
  if (sector.readUInt16LE(0x1fe) !== 0xaa55 || isFileSystemBoot(sector))
    return { ...none, partitions: [], problems: [] };
  if (dosEntries(sector).some(({ type }) => type === protectiveType))
    return await readBothGpts(disk, sector, 512);
  return await readDos(disk, sector);
}

async function gptSectorSize(disk: Disk): Promise<number | undefined> {
  for (const size of [512, 4096]) {
    if (disk.size < size * 2) continue;
    const head = await disk.read(size, 8);
    if (head.toString('latin1') === gptSignature) return size;
  }
  return undefined;
}

/** A FAT or NTFS without partitions has the boot signature too, and text where the entries would be. */
const isFileSystemBoot = (sector: Buffer): boolean =>
  /^(FAT1[26]|FAT) {3,5}$/.test(sector.toString('latin1', 0x36, 0x3e)) ||
  sector.toString('latin1', 0x52, 0x5a) === 'FAT32   ' ||
  sector.toString('latin1', 3, 11) === 'NTFS    ';

async function readBothGpts(disk: Disk, sector: Buffer, sectorSize: number): Promise<PartitionTable> {
  const primary = await readGpt(disk, 1, sectorSize);
  const backup = await readGpt(disk, Math.floor(disk.size / sectorSize) - 1, sectorSize);
  const used = primary.copy === 'good' ? primary : backup;
  return {
    kind: 'gpt',
    ...(used.id && { id: used.id }),
    sectorSize,
    partitions: used.partitions,
    gpt: {
      primary: primary.copy,
      backup: backup.copy,
      hybrid: dosEntries(sector).some(({ type }) => type !== protectiveType),
    },
    problems: [...complaint('first', primary), ...complaint('second', backup), ...noProtection(sector)],
  };
}

function complaint(which: string, { copy, why }: Gpt): string[] {
  if (copy === 'good') return [];
  return [
    copy === 'missing'
      ? `The ${which} copy of the GPT is missing.`
      : `The ${which} copy of the GPT is bad: ${why}.`,
  ];
}

function noProtection(sector: Buffer): string[] {
  const guarded =
    sector.readUInt16LE(0x1fe) === 0xaa55 && dosEntries(sector).some(({ type }) => type === protectiveType);
  return guarded ? [] : ['The GPT has no protective MBR.'];
}
