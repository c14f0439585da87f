import { Damaged } from '../damaged.js';
import type { Disk } from '../disk.js';
import type { Partition, PartitionTable } from './partition.js';

const sectorSize = 512;
const extendedTypes = new Set([0x05, 0x0f, 0x85]);
/** More logical partitions than Linux has minor numbers for are a loop. */
const mostLogical = 60;

interface Entry {
  slot: number;
  type: number;
  active: boolean;
  /** Sectors. */
  start: number;
  sectors: number;
}

/** The four entries of an MBR or of an extended partition's record that are in use. */
export function dosEntries(sector: Buffer): Entry[] {
  return [0, 1, 2, 3].flatMap((slot) => {
    const at = 0x1be + slot * 16;
    const type = sector[at + 4]!;
    const start = sector.readUInt32LE(at + 8);
    const sectors = sector.readUInt32LE(at + 12);
    return type === 0 || sectors === 0 ? [] : [{ slot, type, active: sector[at] === 0x80, start, sectors }];
  });
}

/** Reads an MBR with its logical partitions. `sector` is the first one. */
export async function readDos(disk: Disk, sector: Buffer): Promise<PartitionTable> {
  const id = sector.readUInt32LE(0x1b8).toString(16).padStart(8, '0');
  const entries = dosEntries(sector);
  const problems: string[] = [];
  const partitions = entries.map((entry) => partitionOf(entry, entry.slot + 1, id));
  const extended = entries.find(({ type }) => extendedTypes.has(type));
  if (extended) {
    const { found, damage } = await readLogical(disk, extended.start);
    partitions.push(...found.map((entry, index) => partitionOf(entry, index + 5, id)));
    if (damage) problems.push(`The chain of logical partitions is damaged: ${damage}.`);
  }
  if (partitions.length === 0) problems.push('The partition table has no partition.');
  return { kind: 'dos', id, sectorSize, partitions, problems };
}

interface Logical {
  found: Entry[];
  /** Why the chain cannot be followed further. */
  damage?: string;
}

/** Each record holds one partition, relative to itself, and the next record, relative to the extended partition. */
async function readLogical(disk: Disk, base: number): Promise<Logical> {
  const found: Entry[] = [];
  try {
    for (let record = base, count = 0; count < mostLogical; count += 1) {
      const sector = await disk.read(record * sectorSize, sectorSize);
      if (sector.readUInt16LE(0x1fe) !== 0xaa55) throw new Damaged(`sector ${record} is no record of it`);
      const entries = dosEntries(sector);
      const own = entries.find(({ type }) => !extendedTypes.has(type));
      if (own) found.push({ ...own, start: record + own.start });
      const next = entries.find(({ type }) => extendedTypes.has(type));
      if (!next) return { found };
      record = base + next.start;
    }
    return { found: [], damage: 'it does not end' };
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return { found, damage: error.message };
  }
}

const partitionOf = ({ type, active, start, sectors }: Entry, number: number, id: string): Partition => ({
  number,
  start: start * sectorSize,
  size: sectors * sectorSize,
  type: type.toString(16).padStart(2, '0'),
  uuid: `${id}-${number.toString(16).padStart(2, '0')}`,
  ...(active && { active: true as const }),
});
