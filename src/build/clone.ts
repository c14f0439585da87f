import { rmSync } from 'node:fs';
import { VappError, VappErrors } from '../errors.js';
import type { Connection } from '../libvirt/index.js';
import { diskName } from '../plan/names.js';
import { cloneTemplate } from '../template/index.js';
import { leftovers } from './records/journal.js';
import { type BuildRecord, goesOn, listBuilds, readBuild } from './records/records.js';
import { Scope } from './records/scope.js';
import { beginJournal, clonesDirectory, makeBuildDirectory, newBuildId } from './records/workspace.js';
import { createVolume } from './storage.js';

export interface CloneRequest {
  template: string;
  name: string;
  start: boolean;
  /** Aborted: the clone is given up before the next step. */
  signal: AbortSignal;
}

/**
 * Clones a template under a journal of its own: what a kill leaves is `vapp clean`'s to remove. The journal goes when all is well.
 * Throws what cloneTemplate throws, and the signal's reason; nothing of the clone is left then.
 */
export async function makeClone(connection: Connection, request: CloneRequest): Promise<void> {
  const id = newBuildId(request.name);
  const directory = makeBuildDirectory(id, clonesDirectory());
  const journal = beginJournal(directory, id, connection.uri);
  const scope = new Scope(journal);
  try {
    await cloneTemplate(connection, { ...request, volume: diskName(id) }, async (pool, name, xml) => {
      request.signal.throwIfAborted();
      const made = await createVolume({ pool, poolName: pool.name, scope, name }, xml);
      request.signal.throwIfAborted();
      return made;
    });
    for (const resource of scope.held()) scope.keep(resource);
  } catch (error) {
    await scope.close().catch((failed: VappErrors) => {
      throw error instanceof VappError ? new VappErrors([error, ...failed.errors]) : error;
    });
    throw error;
  } finally {
    journal.close();
    forgetUnlessLeft(readBuild(id, clonesDirectory()));
  }
}

/** Removes the journals of dead clones of which nothing is left. */
export function forgetClones(): void {
  for (const clone of listBuilds(clonesDirectory()))
    if (hasBegun(clone) && !goesOn(clone)) forgetUnlessLeft(clone);
}

/** Its process may be about to say that it lives. */
const hasBegun = ({ entries }: BuildRecord): boolean => entries.length > 0;

function forgetUnlessLeft({ entries, directory, newer }: BuildRecord): void {
  if (newer === undefined && leftovers(entries).length === 0)
    rmSync(directory, { recursive: true, force: true });
}
