import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { forgetDone } from '../build/clean/forget.js';
import type { BuildContext } from '../build/context.js';
import { runOnDisk } from '../build/grub/run.js';
import type { GrubTarget } from '../build/grub/target.js';
import { buildFiles, buildsDirectory, newBuildId } from '../build/records/workspace.js';
import type { VappEvent } from '../events.js';
import { createBuildLog } from '../report/index.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { gatherSpecHost, parseSpec } from '../spec/index.js';
import type { SpecHost } from '../spec/spec-host.js';
import { reconnect } from './reconnect.js';
import type { Session } from './session.js';

/** A spec wants somebody who can log in; nobody does so to this guest. A hash's form, which no password has. */
const nobody = `$6$none$${'.'.repeat(86)}`;

/** Of the guest that works on a disk: the release that its kernel and GRUB come from. */
export const guestSpec = (host: SpecHost): ResolvedSpec =>
  parseSpec('vapp grub', `appliance: grub\nos: debian-13\nroot: { password: "${nobody}" }\n`, host);

interface OnDisk {
  target: GrubTarget;
  pool: string | undefined;
}

/** Runs work on a disk as a build of its own, with a log and what to do when it failed. */
export async function runInGuest<T>(
  session: Session,
  { target, pool }: OnDisk,
  work: (context: BuildContext) => Promise<T>,
): Promise<T> {
  const connection = await session.connection();
  await session.startReporting();
  await forgetDone();
  const id = newBuildId('grub');
  const directory = join(buildsDirectory(), id);
  let log: ReturnType<typeof createBuildLog> | undefined;
  const emit = (event: VappEvent): void => {
    log ??= createBuildLog(join(directory, buildFiles.log), session.logLevel);
    log.emit(event);
    session.emit(event);
  };
  try {
    const resolved = guestSpec(gatherSpecHost(process.env));
    const { signal } = session;
    const run = { id, resolved, connection, target: target.name, emit, signal, ...(pool && { pool }) };
    return await runOnDisk({ ...run, reconnect: () => reconnect(connection.uri) }, work);
  } catch (error) {
    log?.fail(error);
    if (existsSync(directory))
      session.afterwards(`everything about this is in ${directory}`, `→ vapp show ${id}`);
    throw error;
  } finally {
    await log
      ?.close()
      .catch((error: Error) => session.emit({ type: 'warning', text: `${error.message}: ${error.cause}` }));
    await session.endReporting();
  }
}
