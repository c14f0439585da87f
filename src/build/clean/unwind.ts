import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VappError, VappErrors } from '../../errors.js';
import type { Emit } from '../../events.js';
import { isConnectionLost } from '../../libvirt/index.js';
import type { BuildContext } from '../context.js';
import { endIfDead } from '../reach/dead-line.js';
import { sshCommand } from '../reach/ssh-command.js';
import { readBuild } from '../records/records.js';
import { type ResumePoint, resumeHint, resumePoint } from '../records/resume-point.js';
import { describe } from '../records/scope.js';
import { stampOf } from '../resume/disk-stamp.js';
import { cleanOwn } from './clean.js';

/**
 * Removes what the failed build made, or leaves it for the user with `--keep`, and writes the end down. The disk of a finished
 * installation stays.
 */
export async function unwind(context: BuildContext, error: unknown): Promise<void> {
  const { scope, emit, options, id } = context;
  if (options.keep) {
    const held = scope.held().map(describe).join(', ');
    if (held) emit({ type: 'notice', text: `kept: ${held} (vapp clean ${id} removes it)` });
    await telling(emit, () => scope.leave());
  } else {
    const point = pointOf(context);
    if (point) scope.spare(point.disk);
    await tidy(context);
    if (point) await telling(emit, () => handOver(context, point));
  }
  await telling(emit, () => writeEnd(context, error));
}

/** Where the build could be resumed once it has ended. */
const pointOf = ({ id, directory }: BuildContext): ResumePoint | undefined =>
  resumePoint({ ...readBuild(id, dirname(directory)), state: 'failed' });

/** Notes how the finisher left the disk; without libvirt that cannot be known, and the last note holds. */
async function handOver(context: BuildContext, { disk, checkpoint }: ResumePoint): Promise<void> {
  const { connection, journal, emit, id } = context;
  try {
    const pool = await connection.lookupPool(disk.pool);
    const volume = await pool?.lookupVolume(disk.name);
    // Whoever undefines a pool leaves its files where they are, and may define it again.
    if (pool && !volume) return journal.write({ op: 'gone', resource: disk });
    if (volume && checkpoint.stale) journal.write({ op: 'checkpoint', disk, stamp: await stampOf(volume) });
  } catch {
    // The connection is lost, or was given back while the build waited for its turn.
  }
  emit({
    type: 'notice',
    text: `the ${describe(disk)} is kept: ${resumeHint(id)} goes on from it (vapp clean ${id} removes it)`,
  });
}

/**
 * Removes what is still held, by a new connection when the build's own was lost. What cannot be removed changes nothing
 * about how the build went: it is told, and stays in the journal.
 */
export async function tidy(context: BuildContext): Promise<void> {
  await telling(context.emit, async () => {
    try {
      await context.scope.close();
    } catch (error) {
      if (!lostOnTheWay(error) || !(await removedAnew(context))) throw error;
    }
  });
}

const lostOnTheWay = (error: unknown): boolean =>
  error instanceof VappErrors && error.errors.some(({ cause }) => isConnectionLost(cause));

/** Milliseconds. A host that is gone must not hold up the end of the build. */
const reconnectLimit = 30_000;

/**
 * A connection over ssh is lost by Ctrl-C on a terminal alone: libvirt's ssh is in the foreground as vapp is, and ends by it.
 * Whether all that the journal names could be removed by a new one.
 */
async function removedAnew({
  connection: lost,
  reconnect,
  emit,
  directory,
  id,
}: BuildContext): Promise<boolean> {
  if (!reconnect) return false;
  emit({
    type: 'notice',
    text: 'the connection to libvirt is lost; connecting again to remove what is left',
  });
  try {
    const ssh = sshCommand(lost.uri);
    // libvirt's own ssh would ask on the terminal.
    if (ssh && (await endIfDead(ssh)) !== 'open') return false;
    const connection = await Promise.race([reconnect(), sleep(reconnectLimit, undefined, { ref: false })]);
    if (!connection) return false;
    await using _ = connection;
    const cleaned = await cleanOwn(connection, { id, directory });
    return cleaned.every(({ outcome }) => outcome !== 'unreachable');
  } catch {
    // Why the first connection was lost is the error to show.
    return false;
  }
}

function writeEnd({ journal, cancelled }: BuildContext, error: unknown): void {
  // A build that has failed is not cancelled by what comes during its clean-up.
  const isCancelled = cancelled.aborted && error === cancelled.reason;
  journal.write({
    op: 'end',
    state: isCancelled ? 'cancelled' : 'failed',
    code: error instanceof VappError ? error.code : 'VAPP_INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  });
}

/** Whatever fails on the way out must not hide how the build went. */
export async function telling(emit: Emit, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failures = error instanceof VappErrors ? error.errors : [error];
    for (const failure of failures) emit({ type: 'warning', text: sentence(failure), hint: 'vapp clean' });
  }
}

function sentence(error: unknown): string {
  if (error instanceof VappError && error.why) return `${error.message}: ${error.why}`;
  return error instanceof Error ? error.message : String(error);
}
