import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  findHostResource,
  type HostResource,
  removeHostResource,
  runOnHost,
} from '../../bootloader/device-mapper/index.js';
import { throwTogether, VappError } from '../../errors.js';
import { Journal, leftovers, type Resource } from '../records/journal.js';
import { type BuildRecord, listBuilds } from '../records/records.js';
import { buildFiles, hostRunsDirectory } from '../records/workspace.js';

export interface Outcome {
  /**
   * `kept`: it is not ours any more, or it has become a template; `resumable`: `vapp resume` would go on from it; `unreachable`: its
   * storage pool is not defined. `reason` tells.
   */
  outcome: 'removed' | 'absent' | 'kept' | 'resumable' | 'unreachable';
  reason?: string;
}

export interface HostCleaned extends Outcome {
  build: string;
  resource: Resource;
}

interface HostCleanOptions {
  dryRun: boolean;
  run?: typeof runOnHost;
}

/**
 * Removes what runs of the mapper `device-mapper` whose process is gone left on this host: maps, loop devices and network block
 * devices that carry the run's tag. Their mounts have gone with them.
 * @throws VAPP_CLEAN_TAG for a journal that names another run's, VAPP_BOOTLOADER_PROGRAM when something cannot be removed (VappErrors
 * for several), once all runs were tried; what was done until then is in `cleaned`
 */
export async function cleanHost(
  o: HostCleanOptions & { directory?: string },
  cleaned: HostCleaned[] = [],
): Promise<HostCleaned[]> {
  const failures: VappError[] = [];
  for (const dead of listBuilds(o.directory ?? hostRunsDirectory())) {
    // One without an entry is about to say that it lives.
    if (dead.state === 'running' || dead.newer !== undefined || dead.entries.length === 0) continue;
    try {
      await cleanRun(dead, o, cleaned);
    } catch (error) {
      if (!(error instanceof VappError)) throw error;
      failures.push(error);
    }
  }
  throwTogether(failures);
  return cleaned;
}

async function cleanRun(dead: BuildRecord, o: HostCleanOptions, cleaned: HostCleaned[]): Promise<void> {
  const journal = o.dryRun ? undefined : new Journal(join(dead.directory, buildFiles.journal));
  try {
    for (const resource of leftovers(dead.entries)) {
      cleaned.push({ build: dead.id, resource, ...(await cleanHostResource(dead.id, resource, o)) });
      journal?.write({ op: 'gone', resource });
    }
  } finally {
    journal?.close();
  }
  if (!o.dryRun) rmSync(dead.directory, { recursive: true, force: true });
}

/** Removes one thing of the mapper's, if it carries the tag of this run. Throws as cleanHost. */
export async function cleanHostResource(
  id: string,
  resource: Resource,
  { dryRun, run = runOnHost }: HostCleanOptions,
): Promise<Outcome> {
  if (!isTagged(resource) || resource.tag !== id)
    throw tampered(
      `the journal of ${id} names something else’s ${resource.kind}`,
      'dmsetup ls; losetup --list',
    );
  const there = dryRun
    ? (await findHostResource(run, resource)).length > 0
    : await removeHostResource(run, resource);
  return { outcome: there ? 'removed' : 'absent' };
}

const isTagged = (resource: Resource): resource is HostResource => 'tag' in resource;

export const tampered = (message: string, hint: string): VappError =>
  new VappError('VAPP_CLEAN_TAG', message, { why: 'the journal was changed by something else', hint });
