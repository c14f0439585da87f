import type { PartitionTable } from '../table/partition.js';
import { checkMenu, type FoundMenu } from './check-menu.js';
import { examine, type Findings } from './findings.js';
import type { CoreSettings } from './kernel.js';
import { type Home, homeOf } from './prefix.js';
import { type FoundVolume, mayHide, nameOf } from './volumes.js';

/** Modules of GRUB that read a file system. */
const fileSystemModules: Record<string, string> = {
  ext2: 'ext2',
  ext3: 'ext2',
  ext4: 'ext2',
  xfs: 'xfs',
  btrfs: 'btrfs',
  vfat: 'fat',
};

type Report = Findings & { menus: FoundMenu[] };

export interface HomeContext {
  table: PartitionTable;
  volumes: readonly FoundVolume[];
  /** Directory of its modules, such as `i386-pc`. */
  platform: string;
  /** The module that reads disks, where it is one. */
  diskModule?: string;
  /** Where a prefix without a device is: what the firmware loaded GRUB from. */
  origin?: FoundVolume;
}

/** Checks that GRUB's core finds its directory on the disk, can read it, and finds there what it needs next. */
export async function checkHome(report: Report, core: CoreSettings, context: HomeContext): Promise<void> {
  const { volumes, origin } = context;
  const home = homeOf(core);
  if (!home) report.notes.push('Where GRUB looks for its menu could not be read.');
  else if (home.device !== undefined)
    report.notes.push(`GRUB's directory is ${core.prefix}, which is not read.`);
  else {
    const here = home.uuid === undefined && home.partition === undefined;
    const volume = here
      ? (origin ?? volumes.find(({ partition }) => !partition))
      : volumes.find((one) => isHome(one, home));
    if (!volume) reportMissing(report, home, volumes);
    else {
      checkModules(report, core, volume, context);
      await checkDirectory(report, core, { ...context, volume, path: home.path });
    }
  }
}

const isHome = ({ partition, content }: FoundVolume, { uuid, partition: number }: Home): boolean =>
  uuid === undefined ? partition?.number === number : content.uuid?.toLowerCase() === uuid.toLowerCase();

function reportMissing(report: Report, { uuid, partition }: Home, volumes: readonly FoundVolume[]): void {
  const what = uuid === undefined ? `partition ${partition ?? '?'}` : `the file system ${uuid}`;
  if (uuid !== undefined && mayHide(volumes))
    report.notes.push(`GRUB's core searches for ${what}, which is not in sight.`);
  else report.problems.push(`GRUB's core looks for ${what}, which is not on this disk.`);
}

function checkModules(
  report: Report,
  { modules }: CoreSettings,
  volume: FoundVolume,
  { table, diskModule }: HomeContext,
): void {
  const forTable = table.kind === 'gpt' ? 'part_gpt' : 'part_msdos';
  const needed = [diskModule, volume.partition && forTable, fileSystemModules[volume.content.type]];
  const missing = needed.filter((name) => name && !modules.includes(name));
  if (missing.length > 0)
    report.problems.push(`GRUB's core cannot read ${nameOf(volume)}: it lacks ${missing.join(', ')}.`);
}

async function checkDirectory(
  report: Report,
  { modules }: CoreSettings,
  { volume, volumes, path, platform }: HomeContext & { volume: FoundVolume; path: string },
): Promise<void> {
  const { tree, unread } = volume;
  if (!tree) {
    if (unread) report.notes.push(`${path} on ${nameOf(volume)} was not read: ${unread}.`);
    else report.problems.push(`GRUB looks for ${path} on ${nameOf(volume)}, which has no file system.`);
    return;
  }
  const normal = `${path}/${platform}/normal.mod`;
  const found = await examine(
    report,
    `${normal} cannot be read`,
    async () => (await tree.find(normal)) ?? null,
  );
  // A core that brings the module has no need of the file.
  if (found === null && !modules.includes('normal'))
    report.problems.push(`There is no ${normal} on ${nameOf(volume)}.`);
  const { problems, notes, menus } = await checkMenu(volumes, volume, `${path}/grub.cfg`);
  report.problems.push(...problems);
  report.notes.push(...notes);
  report.menus.push(...menus);
}
