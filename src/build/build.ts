import { setMaxListeners } from 'node:events';
import type { Emit } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import { cacheDirectory } from '../paths.js';
import { buildMemory } from '../plan/index.js';
import { releases } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { refuseTakenName } from '../template/index.js';
import { orCancellation } from './cancellation.js';
import { unwind } from './clean/unwind.js';
import type { BuildContext, BuildOptions } from './context.js';
import { diskFailure } from './disk-failure.js';
import { enterQueue, type Ticket } from './queue/queue.js';
import { awaitTurn } from './queue/turn.js';
import { claimBuild } from './records/claim.js';
import { Scope } from './records/scope.js';
import {
  beginJournal,
  buildFiles,
  ensureWritable,
  makeBuildDirectory,
  writeBuildFile,
} from './records/workspace.js';
import type { Resumption } from './resume/resumption.js';
import { type BuildStages, runStages } from './run-stages.js';

export interface BuildRequest {
  id: string;
  resolved: ResolvedSpec;
  specText: string;
  connection: Connection;
  reconnect?: () => Promise<Connection>;
  options: BuildOptions;
  emit: Emit;
  signal: AbortSignal;
  /** Tests put a stand-in for one of them. */
  stages?: Partial<BuildStages>;
  /** Its place in the queue, if it has one already. */
  ticket?: Ticket;
  /** How many builds may run at once on the host; else as many as it carries. */
  jobs?: number;
  /** Other builds use the connection, too, and this gives the one to go on with after waiting. It stays open. */
  shared?: () => Promise<Connection>;
  /** An earlier run of this build has finished the installation, and this one goes on from there. */
  resumed?: Resumption;
}

/**
 * Builds one appliance. Resolves with the name of the template; rejects after everything that was made is removed again, but the
 * disk of an installation that was finished: `vapp resume` goes on from it.
 */
export async function build(request: BuildRequest): Promise<string> {
  using ticket = request.ticket ?? (await ownTicket(request));
  const lost = new AbortController();
  const directories = openDirectories(request.id);
  using _claim = claimBuild(directories.directory);
  const context = openContext(request, directories, lost.signal);
  const { emit, directory, id, resolved } = context;
  const { uri } = request.connection;
  emit({ type: 'build', id, appliance: resolved.appliance.appliance, uri, directory });
  try {
    const { jobs, shared } = request;
    await awaitTurn(context, { ticket, jobs, shared });
    return await runStages(context, lost, request);
  } catch (error) {
    const failure = diskFailure(error) ?? (await orCancellation(error, context.cancelled));
    await unwind(context, failure);
    throw failure;
  } finally {
    context.journal.close();
    if (!request.shared && context.connection !== request.connection) await context.connection.close();
  }
}

async function ownTicket(request: BuildRequest): Promise<Ticket> {
  try {
    return await queueUp(request.connection, request);
  } catch (error) {
    throw await orCancellation(error, request.signal);
  }
}

/**
 * A place in the queue of the host for a build; a name that could not be had now is refused at once.
 * Throws VAPP_NAME_TAKEN, and what `enterQueue` throws.
 */
export async function queueUp(
  connection: Connection,
  request: Pick<BuildRequest, 'id' | 'resolved' | 'options' | 'resumed'>,
): Promise<Ticket> {
  const place = placeOf(request);
  // An earlier run may have defined the template of a build that is resumed.
  if (!request.resumed) await refuseTakenName(connection, place.template, request.options);
  return await enterQueue(connection.uri, place);
}

/** How a build shows in the queue. */
export const placeOf = ({ id, resolved, options }: Pick<BuildRequest, 'id' | 'resolved' | 'options'>) => ({
  id,
  template: options.name ?? resolved.appliance.appliance,
  memory: buildMemory(resolved.appliance),
});

interface Directories {
  cache: string;
  directory: string;
}

function openDirectories(id: string): Directories {
  const cache = cacheDirectory();
  ensureWritable(cache, 'XDG_CACHE_HOME');
  return { cache, directory: makeBuildDirectory(id) };
}

/** `lost` aborts when the build cannot go on although nobody cancelled it. */
function openContext(request: BuildRequest, directories: Directories, lost: AbortSignal): BuildContext {
  const { directory } = directories;
  // A resumed build has one, and another only together with the plan that is made of it (stages/resume.ts).
  if (!request.resumed) writeBuildFile(directory, buildFiles.spec, request.specText);
  const journal = beginJournal(directory, request.id, request.connection.uri);
  const release = releases[request.resolved.appliance.os];
  if (!release) throw new RangeError(`no release ${request.resolved.appliance.os}`);
  const { signal: cancelled } = request;
  const signal = AbortSignal.any([cancelled, lost]);
  // All downloads of the build listen to it at once, and Node would warn of a leak.
  setMaxListeners(0, signal);
  return { ...request, ...directories, release, journal, scope: new Scope(journal), cancelled, signal };
}
