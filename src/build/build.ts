import { setMaxListeners } from 'node:events';
import type { Emit, Stage } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import { cacheDirectory } from '../paths.js';
import { buildMemory } from '../plan/index.js';
import { releases } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { installBootloader } from './bootloader.js';
import { holdCache } from './cache-lock.js';
import { claimBuild } from './claim.js';
import type { BuildContext, BuildOptions } from './context.js';
import { diskFailure } from './disk-failure.js';
import { markDisk } from './disk-stamp.js';
import { templateOfEarlierRun } from './earlier-run.js';
import { runInstaller } from './install.js';
import { watchGround } from './interference.js';
import { type Prepared, prepare } from './prepare.js';
import { publish } from './publish.js';
import { enterQueue, type Ticket } from './queue.js';
import { restore } from './resume.js';
import { lateStages } from './resume-point.js';
import type { Resumption } from './resumption.js';
import { Scope } from './scope.js';
import { stage } from './stage.js';
import { awaitTurn } from './turn.js';
import { tidy, unwind } from './unwind.js';
import { verify } from './verify.js';
import { beginJournal, buildFiles, ensureWritable, makeBuildDirectory, writeBuildFile } from './workspace.js';

/** What each stage does; `restore` is what `prepare` does for a resumed build. Tests put a stand-in for one of them. */
const ownStages = { prepare, restore, install: runInstaller, bootloader: installBootloader, verify, publish };
type Stages = typeof ownStages;

export interface BuildRequest {
  id: string;
  resolved: ResolvedSpec;
  specText: string;
  connection: Connection;
  reconnect?: () => Promise<Connection>;
  options: BuildOptions;
  emit: Emit;
  signal: AbortSignal;
  stages?: Partial<Stages>;
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
  using ticket = request.ticket ?? (await enterQueue(request.connection.uri, placeOf(request)));
  const lost = new AbortController();
  const place = openPlace(request.id);
  using _claim = claimBuild(place.directory);
  const context = openContext(request, place, lost.signal);
  const { emit, directory, id, resolved } = context;
  const { uri } = request.connection;
  emit({ type: 'build', id, appliance: resolved.appliance.appliance, uri, directory });
  try {
    const { jobs, shared } = request;
    await awaitTurn(context, { ticket, jobs, shared });
    return await runStages(context, request, lost);
  } catch (error) {
    const failure = diskFailure(error) ?? error;
    await unwind(context, failure);
    throw failure;
  } finally {
    context.journal.close();
    if (!request.shared && context.connection !== request.connection) await context.connection.close();
  }
}

/** How a build shows in the queue. */
export const placeOf = ({ id, resolved, options }: Pick<BuildRequest, 'id' | 'resolved' | 'options'>) => ({
  id,
  template: options.name ?? resolved.appliance.appliance,
  memory: buildMemory(resolved.appliance),
});

async function runStages(
  context: BuildContext,
  { stages: given, resumed }: BuildRequest,
  lost: AbortController,
): Promise<string> {
  const { emit, journal, connection } = context;
  const began = performance.now();
  const stages = { ...ownStages, ...given };
  const ground = watchGround(context, lost);
  try {
    using _cache = await holdCache(context.cache, context);
    const before = resumed && (await templateOfEarlierRun(context));
    const template = before ?? (await madeBy(stages, context, resumed));
    await tidy(context);
    journal.write({ op: 'end', state: 'done' });
    const seconds = (performance.now() - began) / 1000;
    emit({ type: 'result', template, uri: connection.uri, seconds });
    return template;
  } finally {
    ground.end();
  }
}

/** Gives the name of the template. */
async function madeBy(stages: Stages, context: BuildContext, resumed?: Resumption): Promise<string> {
  const prepared = resumed
    ? await stage(context, 'prepare', () => stages.restore(context, resumed))
    : await installed(context, stages);
  for (const name of resumed?.stages ?? lateStages) {
    await stage(context, name, () => stages[name](context, prepared), marking(context, name, prepared));
  }
  return prepared.plan.names.template;
}

async function installed(context: BuildContext, stages: Stages): Promise<Prepared> {
  const ready = await stage(context, 'prepare', () => stages.prepare(context));
  await stage(context, 'install', () => stages.install(context, ready), marking(context, 'install', ready));
  return ready;
}

const writesDisk: ReadonlySet<Stage> = new Set(['install', 'bootloader']);

/** The state of the disk is written down before a stage that has written to it counts as done. */
const marking = (
  context: BuildContext,
  name: Stage,
  prepared: Prepared,
): (() => Promise<void>) | undefined =>
  writesDisk.has(name) ? () => markDisk(context, prepared) : undefined;

interface Place {
  cache: string;
  directory: string;
}

function openPlace(id: string): Place {
  const cache = cacheDirectory();
  ensureWritable(cache, 'XDG_CACHE_HOME');
  return { cache, directory: makeBuildDirectory(id) };
}

/** `lost` aborts when the build cannot go on although nobody cancelled it. */
function openContext(request: BuildRequest, place: Place, lost: AbortSignal): BuildContext {
  const { directory } = place;
  writeBuildFile(directory, buildFiles.spec, request.specText);
  const journal = beginJournal(directory, request.id, request.connection.uri);
  const release = releases[request.resolved.appliance.os];
  if (!release) throw new RangeError(`no release ${request.resolved.appliance.os}`);
  const { signal: cancelled } = request;
  const signal = AbortSignal.any([cancelled, lost]);
  // All downloads of the build listen to it at once, and Node would warn of a leak.
  setMaxListeners(0, signal);
  return { ...request, ...place, release, journal, scope: new Scope(journal), cancelled, signal };
}
