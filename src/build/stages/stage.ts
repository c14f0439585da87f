import { VappError } from '../../errors.js';
import type { Stage } from '../../events.js';
import { orCancellation } from '../cancellation.js';
import type { BuildContext } from '../context.js';
import { checkVolumes, explained } from '../guest/interference.js';

/**
 * Runs one stage between its marks. A stage does not begin once the user has cancelled.
 * @param after is done before the stage counts as done.
 */
export async function stage<T>(
  context: BuildContext,
  name: Stage,
  work: () => Promise<T>,
  after?: () => Promise<void>,
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
    // By then the disk is the template's, and what else there was is in nobody's way.
    if (name !== 'publish') await checkVolumes(context);
    await after?.();
    end('done');
    return result;
  } catch (error) {
    noteQuietly(() => end('failed'));
    if (isHalfWritten(error)) throw error;
    const known = await orCancellation(error, context.cancelled);
    // Whatever broke because of a cancelled build, the reason to show is the cancellation.
    throw reasonOf(context) ?? (await explained(context, known));
  }
}

/** Whoever cancelled it, or cut the connection, must still read that the disk needs its backup. */
const isHalfWritten = (error: unknown): boolean =>
  error instanceof VappError && error.code === 'VAPP_BOOTLOADER_HALF';

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
