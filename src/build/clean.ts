import { join } from 'node:path';
import { VappError, VappErrors } from '../errors.js';
import { type Connection, isConnectionLost } from '../libvirt/index.js';
import { listTagged } from '../template/index.js';
import { cleanResource, type Outcome } from './clean-resource.js';
import { Journal, leftovers, type Resource } from './journal.js';
import { type BuildRecord, buildFiles } from './workspace.js';

export interface Cleaned extends Outcome {
  build: string;
  resource: Resource;
}

/**
 * Removes what builds and clones whose process is gone left on this connection's host, as their journals tell it. A domain goes only
 * if it carries the build's tag, a volume only if its name carries the build's id, a directory only from the build's own.
 * Throws VAPP_CLEAN_TAG when a journal names anything else (VappErrors for several), once all builds were tried.
 */
export async function cleanBuilds(
  connection: Connection,
  builds: readonly BuildRecord[],
  o: { dryRun: boolean },
): Promise<Cleaned[]> {
  const cleaned: Cleaned[] = [];
  const failures: VappError[] = [];
  for (const build of builds) {
    if (build.state === 'running' || build.uri !== connection.uri) continue;
    const left = leftovers(build.entries);
    if (left.length === 0) continue;
    try {
      cleaned.push(...(await cleanBuild(connection, build, left, o)));
    } catch (error) {
      // One build that cannot be cleaned must not keep what all others left.
      if (!(error instanceof VappError) || isConnectionLost(error)) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new VappErrors(failures);
  return cleaned;
}

async function cleanBuild(
  connection: Connection,
  build: BuildRecord,
  left: readonly Resource[],
  o: { dryRun: boolean },
): Promise<Cleaned[]> {
  const journal = o.dryRun ? undefined : new Journal(join(build.directory, buildFiles.journal));
  try {
    const owners = await diskOwners(connection);
    const cleaned: Cleaned[] = [];
    for (const resource of left) {
      const result = await cleanResource(connection, build, resource, { ...o, owners });
      journal?.write({ op: result.outcome === 'kept' ? 'keep' : 'gone', resource });
      cleaned.push({ build: build.id, resource, ...result });
    }
    return cleaned;
  } finally {
    journal?.close();
  }
}

/**
 * Volumes that belong to a template or clone, and its name: the process was killed between defining it and writing that down.
 */
async function diskOwners(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const tagged = await listTagged(connection);
  const owners = tagged.filter(({ metadata }) => metadata.kind !== 'build' && metadata.volume);
  return new Map(owners.map(({ name, metadata }) => [metadata.volume!, `${metadata.kind} ${name}`]));
}
