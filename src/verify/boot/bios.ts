import type { Disk } from '../disk.js';
import type { PartitionTable } from '../table/partition.js';
import type { FoundMenu } from './check-menu.js';
import { readCore } from './core.js';
import { type CoreReport, checkPlace, describeCore } from './core-place.js';
import { examine, type Findings, noFindings } from './findings.js';
import { checkHome } from './home.js';
import { type BootCode, bootCodeNames, bootCodeOf, startsActivePartition } from './sector.js';
import type { FoundVolume } from './volumes.js';

/** What a BIOS finds on the disk. */
export interface BiosReport extends Findings {
  bootCode: BootCode;
  core?: CoreReport;
  menus: FoundMenu[];
}

const sectorSize = 512;

/** Follows the way of a BIOS: first sector, core image, GRUB's directory, menu, kernel. */
export async function checkBios(
  disk: Disk,
  table: PartitionTable,
  volumes: readonly FoundVolume[],
): Promise<BiosReport> {
  const first = disk.size < sectorSize ? Buffer.alloc(sectorSize) : await disk.read(0, sectorSize);
  const report: BiosReport = { ...noFindings(), bootCode: bootCodeOf(first), menus: [] };
  const sector = await grubSector(report, disk, { first, table });
  if (!sector) return report;
  const core = await examine(report, "GRUB's core image is not whole", async () => {
    const found = await readCore(disk, sector);
    return describeCore(found, table);
  });
  if (!core) return report;
  report.core = core;
  checkPlace(report, core, table);
  await checkHome(report, core, { table, volumes, platform: 'i386-pc', diskModule: 'biosdisk' });
  return report;
}

/** The sector with GRUB's boot code: the first one, or that of the active partition when the first one starts it. */
async function grubSector(
  report: BiosReport,
  disk: Disk,
  { first, table }: { first: Buffer; table: PartitionTable },
): Promise<Buffer | undefined> {
  if (first.readUInt16LE(0x1fe) !== 0xaa55) {
    report.problems.push('The first sector has no boot signature 55 aa.');
    return undefined;
  }
  if (report.bootCode === 'grub2') return first;
  if (report.bootCode === 'none') report.problems.push('The first sector has no boot code.');
  if (!startsActivePartition(report.bootCode)) return undefined;
  const active = table.partitions.find((partition) => partition.active);
  if (!active) {
    report.problems.push('The first sector starts the active partition, and none is active.');
    return undefined;
  }
  const own = await examine(report, `The boot sector of partition ${active.number} cannot be read`, () =>
    disk.read(active.start, sectorSize),
  );
  if (!own) return undefined;
  const code = own.readUInt16LE(0x1fe) === 0xaa55 ? bootCodeOf(own) : 'none';
  const sentence = `The first sector starts partition ${active.number}, which has ${bootCodeNames[code]}.`;
  (code === 'none' ? report.problems : report.notes).push(sentence);
  return code === 'grub2' ? own : undefined;
}
