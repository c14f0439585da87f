import { setTimeout as sleep } from 'node:timers/promises';
import type { Emit, Stage } from '../events.js';
import { type Connection, isConnectionLost } from '../libvirt/index.js';
import { cacheDirectory } from '../paths.js';
import { releases } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { installBootloader } from './bootloader.js';
import { holdCache } from './cache-lock.js';
import type { BuildContext, BuildOptions } from './context.js';
import { runInstaller } from './install.js';
import { checkVolumes, explained, watchGround } from './interference.js';
import { prepare } from './prepare.js';
import { publish } from './publish.js';
import { Scope } from './scope.js';
import { tidy, unwind } from './unwind.js';
import { verify } from './verify.js';
import { beginJournal, buildFiles, ensureWritable, makeBuildDirectory, writeBuildFile } from './workspace.js';

/** What each stage does. Tests put a stand-in for one of them. */
const ownStages = { prepare, install: runInstaller, bootloader: installBootloader, verify, publish };

export interface BuildRequest {
  id: string;
  resolved: ResolvedSpec;
  specText: string;
  connection: Connection;
  reconnect?: () => Promise<Connection>;
  options: BuildOptions;
  emit: Emit;
  signal: AbortSignal;
  stages?: Partial<typeof ownStages>;
}

/** Builds one appliance. Resolves with the name of the template; rejects after everything that was made is removed again. */
export async function build(request: BuildRequest): Promise<string> {
  const lost = new AbortController();
  const context = openContext(request, lost.signal);
  const { emit, connection, directory, id, resolved } = context;
  emit({ type: 'build', id, appliance: resolved.appliance.appliance, uri: connection.uri, directory });
  const began = performance.now();
  const stages = { ...ownStages, ...request.stages };
  const ground = watchGround(context, lost);
  try {
    using _ = await holdCache(context.cache, context);
    const prepared = await stage(context, 'prepare', () => stages.prepare(context));
    await stage(context, 'install', () => stages.install(context, prepared));
    await stage(context, 'bootloader', () => stages.bootloader(context, prepared));
    await stage(context, 'verify', () => stages.verify(context, prepared));
    await stage(context, 'publish', () => stages.publish(context, prepared));
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

/** `lost` aborts when the build cannot go on although nobody cancelled it. */
function openContext(request: BuildRequest, lost: AbortSignal): BuildContext {
  const cache = cacheDirectory();
  ensureWritable(cache, 'XDG_CACHE_HOME');
  const directory = makeBuildDirectory(request.id);
  writeBuildFile(directory, buildFiles.spec, request.specText);
  const journal = beginJournal(directory, request.id, request.connection.uri);
  const release = releases[request.resolved.appliance.os];
  if (!release) throw new RangeError(`no release ${request.resolved.appliance.os}`);
  const { signal: cancelled } = request;
  const signal = AbortSignal.any([cancelled, lost]);
  return { ...request, directory, cache, release, journal, scope: new Scope(journal), cancelled, signal };
}

/** Runs one stage between its marks. A stage does not begin once the user has cancelled. */
async function stage<T>(context: BuildContext, name: Stage, work: () => Promise<T>): Promise<T> {
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
