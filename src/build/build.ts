import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit, Stage } from '../events.js';
import { type Connection, isConnectionLost } from '../libvirt/index.js';
import { cacheDirectory } from '../paths.js';
import { releases } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { installBootloader } from './bootloader.js';
import { holdCache } from './cache-lock.js';
import { claimBuild } from './claim.js';
import type { BuildContext, BuildOptions } from './context.js';
import { markDisk } from './disk-stamp.js';
import { runInstaller } from './install.js';
import { checkVolumes, explained, watchGround } from './interference.js';
import { type Prepared, prepare } from './prepare.js';
import { publish } from './publish.js';
import { restore } from './resume.js';
import { lateStages } from './resume-point.js';
import type { Resumption } from './resumption.js';
import { Scope } from './scope.js';
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
  /** An earlier run of this build has finished the installation, and this one goes on from there. */
  resumed?: Resumption;
}

/**
 * Builds one appliance. Resolves with the name of the template; rejects after everything that was made is removed again, but the
 * disk of an installation that was finished: `vapp resume` goes on from it.
 */
export async function build(request: BuildRequest): Promise<string> {
  const lost = new AbortController();
  const place = openPlace(request.id);
  using _claim = claimBuild(place.directory);
  const context = openContext(request, place, lost.signal);
  const { emit, connection, directory, id, resolved } = context;
  emit({ type: 'build', id, appliance: resolved.appliance.appliance, uri: connection.uri, directory });
  const began = performance.now();
  const stages = { ...ownStages, ...request.stages };
  const ground = watchGround(context, lost);
  try {
    using _cache = await holdCache(context.cache, context);
    const { resumed } = request;
    const prepared = resumed
      ? await stage(context, 'prepare', () => stages.restore(context, resumed))
      : await installed(context, stages);
    for (const name of resumed?.stages ?? lateStages) {
      await stage(context, name, () => stages[name](context, prepared), prepared);
    }
    await tidy(context);
    context.journal.write({ op: 'end', state: 'done' });
    emit({
      type: 'result',
      template: prepared.plan.names.template,
      uri: connection.uri,
      seconds: (performance.now() - began) / 1000,
    });
    return prepared.plan.names.template;
  } catch (error) {
    await unwind(context, error);
    throw error;
  } finally {
    ground.end();
    context.journal.close();
  }
}

async function installed(context: BuildContext, stages: Stages): Promise<Prepared> {
  const ready = await stage(context, 'prepare', () => stages.prepare(context));
  await stage(context, 'install', () => stages.install(context, ready), ready);
  return ready;
}

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
  return { ...request, ...place, release, journal, scope: new Scope(journal), cancelled, signal };
}

/**
 * Runs one stage between its marks. A stage does not begin once the user has cancelled. With what is `prepared`, the state of the
 * disk is written down before the stage counts as done.
 */
async function stage<T>(
  context: BuildContext,
  name: Stage,
  work: () => Promise<T>,
  prepared?: Prepared,
): Promise<T> {
  context.signal.throwIfAborted();
  context.journal.write({ op: 'stage', stage: name, state: 'start' });
  context.emit({ type: 'stage', stage: name, state: 'start' });
  const began = performance.now();
  const end = (state: 'done' | 'failed'): void => {
    context.journal.write({ op: 'stage', stage: name, state });
    context.emit({ type: 'stage', stage: name, state, seconds: (performance.now() - began) / 1000 });
  };
  try {
    const result = await work();
    await checkVolumes(context);
    if (prepared && writesDisk.has(name)) await markDisk(context, prepared);
    end('done');
    return result;
  } catch (error) {
    noteQuietly(() => end('failed'));
    // Ctrl-C reaches libvirt's ssh at the same moment, and its end may be heard first.
    if (isConnectionLost(error)) await sleep(signalDelay);
    // Whatever broke because of a cancelled build, the reason to show is the cancellation.
    throw reasonOf(context) ?? (await explained(context, error));
  }
}

const writesDisk: ReadonlySet<Stage> = new Set(['install', 'bootloader']);

/** Milliseconds until a signal that was sent has surely been heard. */
const signalDelay = 300;

/** A cancelled build may have lost its connection by the same Ctrl-C: libvirt's ssh is in the foreground, too. */
const reasonOf = ({ cancelled, signal }: BuildContext): unknown =>
  [cancelled, signal].find(({ aborted }) => aborted)?.reason;

/** A full disk may be why the stage failed, and the journal is on it. */
function noteQuietly(note: () => void): void {
  try {
    note();
  } catch {
    // The error of the stage is the one to show.
  }
}
