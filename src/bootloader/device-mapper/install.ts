import { menuFor } from './facts.js';
import { holdOpen } from './held.js';
import type { HostJob, HostNames } from './job.js';
import { listMaps } from './leftovers.js';
import { freeMapName, freeNbd } from './names.js';
import { needHost } from './needs.js';
import { Performer } from './performer.js';
import { planSteps, targetOf } from './plan.js';
import { runOnHost } from './run.js';
import { procedureText, type Step } from './step.js';
import type { Equipped, Work } from './work.js';

/** Only one run at a time looks for free names and takes them. */
const lockFile = '/run/vapp-device-mapper.lock';

/**
 * Makes an image bootable on this host, as root: maps it as a disk, mounts it in a namespace of its own, and runs grub-install
 * and what writes the menu. All that was made is the holder's to undo, which the caller closes.
 * @throws VAPP_HOST_MAPPER before anything is done; VAPP_BOOTLOADER_HOST_STEP, VAPP_BOOTLOADER_NO_KERNEL, the signal's reason
 */
export async function installOnHost(job: HostJob, work: Work): Promise<void> {
  const run = work.run ?? runOnHost;
  await needHost(job, run, work.facts);
  const all = { ...work, run, hold: work.hold ?? holdOpen };
  const { performer, rest } = await takeNames(job, all);
  await performer.perform(rest);
}

/** Does the first steps, up to the map of the disk: all that others could want the same name for. */
async function takeNames(
  job: HostJob,
  work: Equipped,
): Promise<{ performer: Performer; rest: readonly Step[] }> {
  const lock = await work.hold(['flock', '--exclusive', lockFile]);
  try {
    const names = await chooseNames(job, work);
    const performer = new Performer(work, {
      menu: (inside) => menuFor(inside, job, targetOf(names)),
    });
    const steps = planSteps(job, names);
    const mapped = steps.findIndex(({ makes }) => makes?.kind === 'map') + 1;
    await performer.perform(steps.slice(0, mapped));
    return { performer, rest: steps.slice(mapped) };
  } finally {
    await lock.close();
  }
}

async function chooseNames(job: HostJob, { id, directory, run }: Equipped): Promise<HostNames> {
  const maps = await listMaps(run);
  return {
    ...{ tag: id, directory, map: freeMapName(maps.map(({ name }) => name)) },
    ...(job.format === 'qcow2' && { nbd: await freeNbd(run) }),
  };
}

/** The lines that a person would type for the same on a host with nothing mapped: what a dry run shows. */
export const procedureOf = (job: HostJob): string[] =>
  procedureText(planSteps(job, { tag: 'grub', map: 'hda', directory: '/run/vapp', nbd: '/dev/nbd0' }));
