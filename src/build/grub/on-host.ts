import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type HostJob, installOnHost } from '../../bootloader/device-mapper/index.js';
import { VappError, VappErrors } from '../../errors.js';
import type { Emit } from '../../events.js';
import { bootCodeNames, checkDisk, type DiskReport, openDisk } from '../../verify/index.js';
import { leftovers } from '../records/journal.js';
import { readBuild } from '../records/records.js';
import { Scope } from '../records/scope.js';
import { beginJournal, hostRunsDirectory, makeBuildDirectory, newBuildId } from '../records/workspace.js';

/** Stands for a libvirt URI in the journals of runs that need none. */
const thisHost = 'device-mapper';

/**
 * The mapper `device-mapper`: makes an image bootable on this host, as root, under a journal of its own. All that was set up
 * is undone when it ends, however that is; what a kill leaves is `vapp clean`'s to remove. Then the disk is read as an outside
 * judge, whose report comes back.
 * @throws VAPP_HOST_MAPPER before anything is done; what installOnHost throws; VAPP_BUILD_CLEANUP; VAPP_BOOTLOADER_CHECK
 */
export async function installGrubOnHost(
  job: HostJob,
  o: { emit: Emit; signal: AbortSignal },
): Promise<DiskReport> {
  const id = newBuildId('grub');
  const directory = makeBuildDirectory(id, hostRunsDirectory());
  const journal = beginJournal(directory, id, thisHost);
  const holder = new Scope(journal);
  try {
    await endingWith(holder, () => installOnHost(job, { ...o, id, directory, holder }));
  } finally {
    journal.close();
    if (leftovers(readBuild(id, hostRunsDirectory()).entries).length === 0)
      rmSync(directory, { recursive: true, force: true });
  }
  return await judge(job);
}

/** Closes the scope after the work, and tells both when both fail. */
async function endingWith(scope: Scope, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await scope.close().catch((failed: VappErrors) => {
      throw error instanceof VappError ? new VappErrors([error, ...failed.errors]) : error;
    });
    throw error;
  }
  await scope.close();
}

async function judge({ image, format, size, firmware }: HostJob): Promise<DiskReport> {
  await using file = await open(image, 'r');
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  const report = await checkDisk(await openDisk({ read }, size, { format }));
  for (const one of firmware) {
    if (report[one].bootable !== 'no') continue;
    const { problems, notes } = report[one];
    throw new VappError('VAPP_BOOTLOADER_CHECK', `the disk would not boot by ${one.toUpperCase()}`, {
      why: problems[0] ?? `its first sector has ${bootCodeNames[report.bios.bootCode]}`,
      excerpt: [...problems, ...notes].join('\n'),
      hint: `vapp grub --check ${image}`,
    });
  }
  return report;
}
