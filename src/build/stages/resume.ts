import { dirname } from 'node:path';
import { type FetchContext, useIfPresent } from '../../archive/index.js';
import { buildFinisherInitrd } from '../../bootloader/index.js';
import { engineShapes } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import { buildKit } from '../../installer/index.js';
import type { Pool, Volume } from '../../libvirt/index.js';
import type { Plan } from '../../plan/plan.js';
import { listTagged, refuseTakenName } from '../../template/index.js';
import { cleanOwn, diskOwners } from '../clean/clean.js';
import type { BuildContext } from '../context.js';
import { ensureNetwork } from '../host/checks.js';
import { differenceFrom } from '../records/checkpoint.js';
import { describe } from '../records/scope.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { stampOf } from '../resume/disk-stamp.js';
import { writeResumeRecord } from '../resume/resume-record.js';
import type { Resumption } from '../resume/resumption.js';
import { ensurePool, uploadFile } from '../storage.js';
import { fetchBootMedium, uploadBootMedium } from './boot-medium.js';
import type { Prepared } from './prepare.js';
import { openSuites } from './suites.js';

/**
 * What `prepare` does for a build that is taken up again: removes what the earlier run left besides the disk, looks whether the
 * disk is as it was, and makes ready what the stages to come need. Throws VAPP_RESUME_DISK.
 */
export async function restore(context: BuildContext, resumed: Resumption): Promise<Prepared> {
  const { connection, emit, options, scope } = context;
  const { kept, plan, point, stages } = resumed;
  emit({ type: 'notice', text: `the installation is finished; going on with ${stages[0]}` });
  // A pool without autostart is not active after the host was started anew.
  const pool = await ensurePool(connection, { name: plan.pool.name, directory: undefined, emit });
  // The disk is spared, as it can be resumed.
  await cleanOwn(connection, context);
  const disk = await sameDisk(context, pool, resumed);
  await refuseTakenName(connection, plan.names.template, options);
  scope.adopt(point.disk, async () => {
    await (await pool.lookupVolume(point.disk.name))?.delete();
  });
  await ensureNetwork(connection, plan.network.final, emit);
  keepDecisions(context, resumed);
  const media = stages.includes('bootloader') ? await finisherMedia(context, resumed, pool) : unused;
  const bootMediumPath = await bootMedium(context, { plan, pool });
  const { domainTemplate, traces } = kept;
  return { plan, pool, disk, domainTemplate, traces, ...(bootMediumPath && { bootMediumPath }), ...media };
}

/** Spec, plan and options of now: what a resumption after this one goes on with. Nothing in this stage can refuse them any more. */
function keepDecisions(context: BuildContext, { kept, plan, specText }: Resumption): void {
  writeBuildFile(context.directory, buildFiles.spec, specText);
  writeBuildFile(context.directory, buildFiles.plan, JSON.stringify(plan, null, 2));
  writeResumeRecord(context, kept);
}

/** The volume that guests of some engines boot by was removed with the rest. */
async function bootMedium(context: BuildContext, o: { plan: Plan; pool: Pool }): Promise<string | undefined> {
  const { engine } = o.plan;
  if (!engineShapes[engine].bootMedium) return undefined;
  const [suite] = await openSuites(context);
  return await uploadBootMedium(context, o, await fetchBootMedium(engine, suite, fetchingOf(context)));
}

const unused = { kernelPath: '', finisherInitrd: '' };

async function sameDisk(
  { connection, journal, id }: BuildContext,
  pool: Pool,
  { point }: Resumption,
): Promise<Volume> {
  const volume = await pool.lookupVolume(point.disk.name);
  const owned = diskOwners(await listTagged(connection)).get(point.disk.name);
  if (owned) {
    journal.write({ op: 'keep', resource: point.disk });
    throw new VappError('VAPP_RESUME_NOTHING', `build ${id} cannot be resumed: another has its disk`, {
      why: owned,
      hint: 'vapp templates',
    });
  }
  if (!volume) {
    journal.write({ op: 'gone', resource: point.disk });
    throw new VappError('VAPP_RESUME_DISK', `the ${describe(point.disk)} is gone`, {
      why: 'something else deleted it: virsh vol-delete, or another program',
      hint: 'build again',
    });
  }
  const difference = differenceFrom(point.checkpoint, await stampOf(volume));
  if (difference === undefined) return volume;
  throw new VappError('VAPP_RESUME_DISK', `the ${describe(point.disk)} is not as the build left it`, {
    why: difference,
    hint: 'build again; vapp clean, with the id of this build, removes what it left',
  });
}

/** The kernel and initrd of the finisher: those of then if the cache still has them, else as the archive has them now. */
async function finisherMedia(
  context: BuildContext,
  { kept, plan }: Resumption,
  pool: Pool,
): Promise<{ kernelPath: string; finisherInitrd: string }> {
  const files = (await stillCached(kept)) ? kept : await madeAnew(context);
  writeResumeRecord(context, { ...kept, ...files });
  const kernelPath = await uploadFile(context, {
    pool,
    poolName: plan.pool.name,
    name: plan.names.kernel,
    file: files.kernel,
  });
  return { kernelPath, finisherInitrd: files.finisherInitrd };
}

const stillCached = async ({ kernel, finisherInitrd }: Resumption['kept']): Promise<boolean> =>
  (await useIfPresent(kernel)) &&
  // A kit is pruned as a whole.
  (await useIfPresent(dirname(kernel))) &&
  (await useIfPresent(finisherInitrd));

function fetchingOf({ resolved, cache, emit, signal }: BuildContext): FetchContext {
  const { proxy } = resolved.appliance;
  return { cache, emit, signal, ...(proxy && { proxy }) };
}

async function madeAnew(context: BuildContext): Promise<{ kernel: string; finisherInitrd: string }> {
  const fetching = fetchingOf(context);
  const [suite] = await openSuites(context);
  const kit = await buildKit({ suite, release: context.release, ...fetching });
  const finisher = await buildFinisherInitrd({ suite, kernelVersion: kit.kernelVersion, ...fetching });
  return { kernel: kit.kernel, finisherInitrd: finisher.path };
}
