import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type GrubJob, grubPart, writeBackup } from '../../bootloader/index.js';
import { type Decision, decide, examineDisk, type Wishes } from '../../bootloader/target/index.js';
import { VappError } from '../../errors.js';
import type { Volume } from '../../libvirt/index.js';
import { stateDirectory } from '../../paths.js';
import { bootCodeNames, checkDisk, type DiskReport } from '../../verify/index.js';
import type { BuildContext } from '../context.js';
import { stage } from '../stages/stage.js';
import { blockwise } from './blockwise.js';
import { runGrubGuest } from './guest.js';
import { refuseBusy } from './in-use.js';
import { prepareMedia } from './media.js';
import type { GrubTarget } from './target.js';

export interface GrubWishes extends Omit<Wishes, 'target'>, Pick<GrubJob, 'updateGrub'> {
  /** Where the backup goes; default: a file of the state directory. */
  backup?: string;
}

/** What was done to a disk. */
export interface GrubResult {
  firmware: GrubJob['firmware'];
  /** Of the guest's steps: `root`, `core_img`, `menu`, … */
  facts: Record<string, string | number>;
  backup: string;
  /** Bytes of the disk that were written, in whole chunks. */
  changed: number;
  report: DiskReport;
}

/** Where backups lie, by the run's id: they outlive its logs. */
export const backupPath = (id: string): string => join(stateDirectory(), 'grub-backups', id);

/**
 * Decides by reading alone what would be done, and refuses a disk that GRUB cannot be put on now. Nothing is made.
 * @param connection is asked for once the disk itself will do.
 * @throws what `decide` and `refuseBusy` throw; VAPP_BOOTLOADER_BACKUP
 */
export async function planGrub(
  connection: () => Promise<BuildContext['connection'] | undefined>,
  target: GrubTarget,
  wishes: GrubWishes,
): Promise<Decision> {
  if (wishes.backup !== undefined) refuseTaken(wishes.backup);
  const decision = decide(await examineDisk(target.disk), { ...wishes, target: target.name });
  await refuseBusy(await connection(), target);
  return decision;
}

/** Puts GRUB on a disk in a guest of its own, as its steps (grub-job.ts) say. */
export async function installGrub(
  context: BuildContext,
  target: GrubTarget,
  { firmware, root, esp }: Decision,
  wishes: GrubWishes,
): Promise<GrubResult> {
  const backup = wishes.backup ?? backupPath(context.id);
  const job: GrubJob = {
    firmware,
    updateGrub: wishes.updateGrub,
    ...(root !== undefined && { root }),
    ...(esp !== undefined && { esp }),
  };
  const media = await stage(context, 'prepare', () => prepareMedia(context, { part: grubPart(job) }));
  let changed = 0;
  const save = async (): Promise<void> => {
    changed = await saveBefore(target, media.store, backup);
    context.emit({ type: 'notice', text: `what will be overwritten is saved in ${backup}` });
  };
  const facts = await stage(context, 'bootloader', () =>
    runGrubGuest(context, target, media, { ready: 'release', save, backup }),
  );
  const report = await stage(context, 'verify', () => judge(target, { firmware, backup }));
  return { firmware, facts, backup, changed, report };
}

function refuseTaken(backup: string): void {
  if (!existsSync(backup)) return;
  throw new VappError('VAPP_BOOTLOADER_BACKUP', `the backup ${backup} cannot be written`, {
    why: 'there is such a file already',
    hint: '--backup with another name',
  });
}

/** The store's blocks are asked for in order, in small pieces. */
const storeBlock = 2 ** 22;

async function saveBefore(target: GrubTarget, store: Volume, backup: string): Promise<number> {
  await mkdir(dirname(backup), { recursive: true, mode: 0o700 });
  await using opened = await target.reopen(Number.POSITIVE_INFINITY);
  const { disk } = opened;
  return await writeBackup({
    file: backup,
    target: target.name,
    size: disk.size,
    store: blockwise((offset, length) => store.read(offset, length), storeBlock),
    disk: (offset, length) => disk.read(offset, length),
  });
}

/** Reads the disk as an outside judge. Throws VAPP_BOOTLOADER_CHECK when it would not boot by what was installed. */
async function judge(
  target: GrubTarget,
  o: { firmware: GrubJob['firmware']; backup: string },
): Promise<DiskReport> {
  await using opened = await target.reopen(2 ** 27);
  const report = await checkDisk(opened.disk);
  for (const firmware of o.firmware) {
    const found = report[firmware];
    if (found.bootable !== 'no') continue;
    throw new VappError('VAPP_BOOTLOADER_CHECK', `${target.name} would not boot`, {
      why: found.problems[0] ?? `its first sector has ${bootCodeNames[report.bios.bootCode]}`,
      excerpt: [...found.problems, ...found.notes].join('\n'),
      hint: `to have it as it was: vapp grub --restore ${o.backup} TARGET`,
    });
  }
  return report;
}
