import { isEsp, type PartitionTable } from '../table/partition.js';
import type { FoundMenu } from './check-menu.js';
import { type EfiFile, efiFiles } from './efi-files.js';
import { examine, type Findings, noFindings } from './findings.js';
import { checkHome } from './home.js';
import { type CoreSettings, readCoreSettings } from './kernel.js';
import { type FoundVolume, nameOf } from './volumes.js';

/** What UEFI firmware finds on the disk. */
export interface UefiReport extends Findings {
  files: EfiFile[];
  /** Path of the program that firmware without an entry of its own starts, and of GRUB, when that is another. */
  loader?: string;
  grub?: string;
  menus: FoundMenu[];
}

/** Names of the program that firmware starts by itself (UEFI specification 2.10, 3.5.1.1), by machine. */
const defaultNames: Readonly<Record<string, string>> = {
  '/efi/boot/bootx64.efi': 'x86_64',
  '/efi/boot/bootia32.efi': 'i386',
  '/efi/boot/bootaa64.efi': 'aarch64',
  '/efi/boot/bootarm.efi': 'arm',
  '/efi/boot/bootriscv64.efi': 'riscv64',
};

const platforms: Readonly<Record<string, string>> = {
  x86_64: 'x86_64-efi',
  i386: 'i386-efi',
  aarch64: 'arm64-efi',
  arm: 'arm-efi',
  riscv64: 'riscv64-efi',
};

const largestGrub = 2 ** 23;

/** Follows the way of UEFI firmware that knows nothing of the disk: ESP, default program, GRUB, menu, kernel. */
export async function checkUefi(table: PartitionTable, volumes: readonly FoundVolume[]): Promise<UefiReport> {
  const report: UefiReport = { ...noFindings(), files: [], menus: [] };
  const esps = systemPartitions(volumes);
  if (esps.length === 0) report.problems.push('There is no EFI system partition.');
  for (const esp of esps) {
    if (esp.tree) report.files.push(...(await efiFiles(report, esp)));
    else report.problems.push(`The EFI system partition, ${nameOf(esp)}, has no FAT file system.`);
    if (esp.tree?.unfit) report.problems.push(`The EFI system partition, ${nameOf(esp)}: ${esp.tree.unfit}.`);
  }
  if (report.problems.length > 0) return report;
  const loader = report.files.find(({ path, machine }) => defaultNames[path.toLowerCase()] === machine);
  if (!loader) {
    report.problems.push('There is no EFI/BOOT/BOOTX64.EFI, which firmware starts by itself.');
    return report;
  }
  report.loader = loader.path;
  const esp = esps.find(({ partition }) => partition?.number === loader.partition)!;
  await checkLoader(report, loader, { table, volumes, esp });
  return report;
}

/** Partitions that are marked as ESP; without one, what firmware would take for one on a removable medium. */
function systemPartitions(volumes: readonly FoundVolume[]): FoundVolume[] {
  const marked = volumes.filter(({ partition }) => partition && isEsp(partition));
  if (marked.length > 0) return marked;
  return volumes.filter(({ partition, content }) => !partition && content.type === 'vfat');
}

interface Context {
  table: PartitionTable;
  volumes: readonly FoundVolume[];
  esp: FoundVolume;
}

async function checkLoader(report: UefiReport, loader: EfiFile, context: Context): Promise<void> {
  const own = await settingsOf(loader, context.esp);
  const grub = own ? loader : secondStage(report.files, loader);
  const settings = own ?? (grub && (await settingsOf(grub, context.esp)));
  if (!grub || !settings) {
    report.notes.push(`${loader.path} is not GRUB, and starts no GRUB beside it; it is not followed.`);
    return;
  }
  report.grub = grub.path;
  const { table, volumes, esp } = context;
  await checkHome(report, settings, { table, volumes, platform: platforms[grub.machine] ?? '', origin: esp });
}

/**
 * What shim starts: `grubx64.efi` and the like in its own directory (shim's DEFAULT_LOADER). As the default program it
 * starts `fbx64.efi` instead, when that is beside it, which goes through the other directories below /EFI.
 */
function secondStage(files: readonly EfiFile[], loader: EfiFile): EfiFile | undefined {
  const folder = loader.path.replace(/[^/]*$/, '').toLowerCase();
  const isBeside = ({ path }: EfiFile, name: string): boolean => path.toLowerCase().startsWith(folder + name);
  const fallback = files.some((file) => isBeside(file, 'fb'));
  return files.find(
    (file) =>
      file.machine === loader.machine &&
      /\/grub[^/]*$/i.test(file.path) &&
      (fallback ? !isBeside(file, '') : isBeside(file, 'grub')),
  );
}

/** The settings in a program that is GRUB; undefined for another. */
async function settingsOf({ path }: EfiFile, esp: FoundVolume): Promise<CoreSettings | undefined> {
  return await examine(noFindings(), path, async () => {
    const file = await esp.tree!.find(path);
    return file && readCoreSettings(await file.read(0, Math.min(file.size, largestGrub)));
  });
}
