import type { Emit } from '../../events.js';
import type { Connection } from '../../libvirt/index.js';
import { cacheDirectory } from '../../paths.js';
import { releases } from '../../releases.js';
import type { ResolvedSpec } from '../../spec/appliance.js';
import { holdCache } from '../cache/lock.js';
import { tidy, unwind } from '../clean/unwind.js';
import type { BuildContext } from '../context.js';
import { watchGround } from '../guest/interference.js';
import { claimBuild } from '../records/claim.js';
import { Scope } from '../records/scope.js';
import { beginJournal, ensureWritable, makeBuildDirectory } from '../records/workspace.js';

export interface GrubRun {
  id: string;
  /** Where the guest comes from: a spec that names the release alone. */
  resolved: ResolvedSpec;
  connection: Connection;
  reconnect?: () => Promise<Connection>;
  /** Storage pool for the guest's media. */
  pool?: string;
  /** How events name the disk. */
  target: string;
  emit: Emit;
  signal: AbortSignal;
}

/** Runs work on somebody's disk as a build of its own: with a directory, a journal, and everything removed at the end. */
export async function runOnDisk<T>(run: GrubRun, work: (context: BuildContext) => Promise<T>): Promise<T> {
  const lost = new AbortController();
  const cache = cacheDirectory();
  ensureWritable(cache, 'XDG_CACHE_HOME');
  const place = { cache, directory: makeBuildDirectory(run.id) };
  using _claim = claimBuild(place.directory);
  const context = openContext(run, place, lost.signal);
  const { id, connection, directory, emit, journal } = context;
  emit({ type: 'build', id, appliance: run.target, uri: connection.uri, directory });
  const ground = watchGround(context, lost);
  try {
    using _cache = await holdCache(context.cache, context);
    const result = await work(context);
    await tidy(context);
    journal.write({ op: 'end', state: 'done' });
    return result;
  } catch (error) {
    await unwind(context, error);
    throw error;
  } finally {
    ground.end();
    journal.close();
  }
}

function openContext(
  { pool, ...run }: GrubRun,
  place: Pick<BuildContext, 'cache' | 'directory'>,
  lost: AbortSignal,
): BuildContext {
  const journal = beginJournal(place.directory, run.id, run.connection.uri);
  const release = releases[run.resolved.appliance.os];
  if (!release) throw new RangeError(`no release ${run.resolved.appliance.os}`);
  const { signal: cancelled } = run;
  return {
    ...run,
    ...place,
    release,
    options: { keep: false, force: false, ...(pool && { pool }) },
    journal,
    scope: new Scope(journal),
    cancelled,
    signal: AbortSignal.any([cancelled, lost]),
  };
}
