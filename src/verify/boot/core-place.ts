import { isBiosBoot, type PartitionTable } from '../table/partition.js';
import type { CoreOnDisk } from './core.js';
import type { Findings } from './findings.js';
import { type CoreSettings, readCoreSettings } from './kernel.js';

const sectorSize = 512;

/** GRUB's core image as it was found; sectors are of 512 bytes. */
export interface CoreReport extends CoreSettings {
  /** Its first sector. */
  sector: number;
  blocks: { start: number; sectors: number }[];
  /** Bytes, compressed and not. */
  packedSize: number;
  size: number;
  /** Sectors that GRUB may use: the first and the last. Undefined when there are none. */
  area?: [number, number];
}

/** The parts of a report on a core image. @throws Damaged */
export function describeCore(
  { data, sector, blocks, packedSize }: CoreOnDisk,
  table: PartitionTable,
): CoreReport {
  const area = areaOf(table);
  return { sector, blocks, packedSize, size: data.length, ...(area && { area }), ...readCoreSettings(data) };
}

/** The gap behind an MBR, or a GPT's BIOS boot partition: first and last sector. */
function areaOf({ kind, partitions }: PartitionTable): [number, number] | undefined {
  if (kind === 'dos' && partitions.length > 0)
    return [1, Math.min(...partitions.map(({ start }) => start / sectorSize)) - 1];
  const own = partitions.find(isBiosBoot);
  return own && [own.start / sectorSize, (own.start + own.size) / sectorSize - 1];
}

/** Finds out whether the core lies where nothing else writes. */
export function checkPlace(report: Findings, core: CoreReport, table: PartitionTable): void {
  const last = Math.max(...core.blocks.map(({ start, sectors }) => start + sectors - 1));
  const first = Math.min(core.sector, ...core.blocks.map(({ start }) => start));
  if (!core.area) {
    report.notes.push(`GRUB's core lies in sectors ${first} to ${last}, which nothing protects.`);
    if (table.kind === 'gpt') report.notes.push('The GPT has no BIOS boot partition.');
    return;
  }
  const [from, to] = core.area;
  if (first >= from && last <= to) return;
  const where = `GRUB's core lies in sectors ${first} to ${last}, not in ${from} to ${to}`;
  if (first > to) report.notes.push(`${where}: it is a file that must not move.`);
  else report.problems.push(`${where}: it is overwritten as soon as a partition is used.`);
}
