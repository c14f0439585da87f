import { createReportReader, type FinisherResult, type ReportReader } from '../../bootloader/index.js';
import { VappError } from '../../errors.js';
import type { VappEvent } from '../../events.js';
import { kernelPanic } from '../../kernel-panic.js';
import type { Plan } from '../../plan/plan.js';
import { type BuildContext, loggedChannel } from '../context.js';
import { type Guest, startGuest } from '../guest/guest.js';
import { endedFromOutside } from '../guest/interference.js';
import { buildFiles } from '../records/workspace.js';

/** The guest's port that it reports on, and reads what it is told. */
export const reportDevice = 'serial1';

export interface FinisherGuest {
  xml: string;
  /** Seconds; without one the signal is the limit. */
  limit?: number;
  /** Called at each step's beginning and end. */
  onStep?(event: Extract<VappEvent, { type: 'step' }>, guest: Guest): void;
  /** Ends the guest early; by default the build's. */
  signal?: AbortSignal;
}

/** What is known of a finisher guest that has ended. */
interface FinisherRun {
  reader: ReportReader;
  console: string;
  reason: string;
}

/**
 * Runs a finisher guest to its end, its console and its report written to the build directory. One whose kernel crashes before the
 * first step has touched nothing, and is started once more: QEMU without KVM now and then loses a race with a kernel that patches
 * its own code while another virtual processor runs it.
 * @throws what the report's reader throws, VAPP_BOOTLOADER_SLOW, the reason of the signal
 */
export async function runFinisherGuest(
  context: BuildContext,
  plan: Plan,
  o: FinisherGuest,
): Promise<FinisherResult> {
  const first = await runOnce(context, plan, o);
  const panic = kernelPanic(first.console);
  if (panic === undefined || first.reader.begun) return finish(context, plan, first);
  context.emit({
    type: 'notice',
    text: `the finisher guest is started again, as its kernel crashed: ${panic}`,
  });
  return finish(context, plan, await runOnce(context, plan, o));
}

async function runOnce(context: BuildContext, plan: Plan, o: FinisherGuest): Promise<FinisherRun> {
  const { connection, scope, options, emit } = context;
  const signal = o.signal ?? context.signal;
  let guest: Guest | undefined;
  const reader = createReportReader((event) => {
    emit(event);
    if (event.type === 'step' && guest) o.onStep?.(event, guest);
  });
  let console = '';
  const onConsole = (chunk: Buffer): void => {
    console = (console + chunk.toString('latin1')).slice(-16_384);
  };
  const logged = (device: string, file: string, onData: (chunk: Buffer) => void) =>
    loggedChannel(context, { device, file, onData });
  guest = await startGuest({
    connection,
    scope,
    name: plan.names.finisherDomain,
    xml: o.xml,
    engine: plan.engine,
    keep: options.keep,
    channels: [
      logged('serial0', buildFiles.finisherConsole, onConsole),
      logged(reportDevice, buildFiles.finisher, (chunk) => reader.chunk(chunk)),
    ],
  });
  const limit = o.limit === undefined ? undefined : AbortSignal.timeout(o.limit * 1000);
  const reason = await guest.ended(limit ? AbortSignal.any([signal, limit]) : signal);
  // Its name is free again, and nothing of it is left that could be kept; one that is done but does not go holds the disk.
  if (reason !== 'aborted' || reader.result) await guest.end();
  signal.throwIfAborted();
  if (limit?.aborted && !reader.result) throw tooSlow(context, o.limit);
  return { reader, console, reason };
}

/** Throws as the reader does; when there is no end mark because the guest was ended, that is said. */
function finish({ connection }: BuildContext, plan: Plan, run: FinisherRun): FinisherResult {
  try {
    return run.reader.finish(run.console);
  } catch (error) {
    const failure = error instanceof VappError && !run.reader.result ? error : undefined;
    const name = plan.names.finisherDomain;
    throw (failure && endedFromOutside({ reason: run.reason, connection, name }, failure)) ?? error;
  }
}

/** VAPP_BOOTLOADER_SLOW: it was not done in so many seconds. */
export function tooSlow(context: Pick<BuildContext, 'id'>, seconds = 0): VappError {
  return new VappError('VAPP_BOOTLOADER_SLOW', `the finisher guest was not done after ${seconds} s`, {
    why: 'it hangs, or the host is far busier than usual',
    hint: `vapp logs --log finisher ${context.id}`,
  });
}
