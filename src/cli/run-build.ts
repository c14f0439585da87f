import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildRequest, build } from '../build/build.js';
import { forgetDone } from '../build/clean/forget.js';
import { readBuild } from '../build/records/records.js';
import { buildFiles, buildsDirectory } from '../build/records/workspace.js';
import type { VappEvent } from '../events.js';
import { createBuildLog } from '../report/index.js';
import { aboutFailed } from './outcome.js';
import { reconnect } from './reconnect.js';
import type { Session } from './session.js';

export interface BuildRun
  extends Pick<
    BuildRequest,
    'id' | 'resolved' | 'specText' | 'options' | 'stages' | 'resumed' | 'ticket' | 'jobs' | 'shared'
  > {
  /** Called once the build is in its journal. */
  onBegun?(): void;
}

/** One build with its log, on the session's connection. Gives the name of the template; rejects as `build` does. */
export async function runBuild(session: Session, { onBegun, ...run }: BuildRun): Promise<string> {
  const connection = await session.connection();
  const directory = join(buildsDirectory(), run.id);
  let log: ReturnType<typeof createBuildLog> | undefined;
  const emit = (event: VappEvent): void => {
    // The build's own directory is there from its first event on.
    log ??= createBuildLog(join(directory, buildFiles.log), session.logLevel);
    log.emit(event);
    session.emit(event);
    if (event.type === 'build') onBegun?.();
  };
  const cancel = join(directory, buildFiles.cancel);
  if (existsSync(cancel)) rmSync(cancel, { force: true });
  await forgetDone();
  const { signal } = session;
  // The terminal was told by the session; this is for those who look on from elsewhere.
  const tell = (): void => log?.emit({ type: 'notice', text: `${signal.reason.message}: cleaning up` });
  signal.addEventListener('abort', tell);
  try {
    const { uri } = connection;
    return await build({
      ...run,
      connection,
      reconnect: () => reconnect(uri),
      emit,
      signal,
    });
  } catch (error) {
    log?.fail(error);
    // Without a journal, on a full disk say, nothing has begun.
    if (existsSync(join(directory, buildFiles.journal)))
      session.afterwards(...aboutFailed(readBuild(run.id)));
    throw error;
  } finally {
    signal.removeEventListener('abort', tell);
    // A log that could not be written changes nothing about how the build went.
    await log
      ?.close()
      .catch((error: Error) => session.emit({ type: 'warning', text: `${error.message}: ${error.cause}` }));
  }
}
