import { deferred } from '../../deferred.js';
import { engineShapes } from '../../domain/index.js';
import { createProgress, endOf, type Progress } from '../../installer/progress.js';
import { type Stop, stopError } from '../../installer/stop.js';
import { Watch } from '../../installer/watch.js';
import { type BuildContext, loggedChannel } from '../context.js';
import { type Guest, startGuest } from '../guest/guest.js';
import { endedFromOutside } from '../guest/interference.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { readActivity } from './activity.js';
import { explainedByNetwork } from './network-loss.js';
import type { ReadyToInstall } from './prepare.js';

/** Seconds without a sign of life, on hardware virtualisation. */
const idleLimit = 60;
const tickMilliseconds = 1000;
const ticksPerSample = 5;

/** Runs the distribution's installer to its end mark. Everything that explains a failure is in the build directory when this rejects. */
export async function runInstaller(context: BuildContext, prepared: ReadyToInstall): Promise<void> {
  const { connection, scope, emit } = context;
  const { plan } = prepared;
  const halt = deferred<Stop>();
  const progress = createProgress({ emit, templates: prepared.kit.templates, onQuestion: halt.resolve });
  const guest = await startGuest({
    connection,
    scope,
    name: plan.names.installerDomain,
    xml: prepared.installerXml,
    engine: plan.engine,
    keep: context.options.keep,
    channels: [
      loggedChannel(context, {
        device: 'serial0',
        file: buildFiles.console,
        onData: (chunk) => progress.console(chunk),
      }),
      loggedChannel(context, {
        device: 'serial1',
        file: buildFiles.syslog,
        onData: (chunk) => progress.syslog(chunk),
      }),
    ],
  });
  try {
    await untilEnd(context, prepared, { guest, progress, halted: halt.promise });
  } catch (error) {
    await keepEvidence(context, prepared, guest, progress);
    // What cannot be ended now is tried again by the clean-up, and told there: why the installation failed is the error to show.
    if (!context.options.keep) await guest.end().catch(() => undefined);
    throw await explainedByNetwork(connection, plan.network.installer, error);
  }
  await guest.end();
}

interface Watched {
  guest: Guest;
  progress: Progress;
  halted: Promise<Stop>;
}

/** Resolves when the guest has gone after its end mark; rejects when it halts, hangs, vanishes, or the user cancels. */
async function untilEnd(context: BuildContext, prepared: ReadyToInstall, watched: Watched): Promise<void> {
  const { guest, progress, halted } = watched;
  const stuck = watchActivity(prepared, watched);
  let reason: string;
  try {
    reason = await Promise.race([
      guest.ended(context.signal),
      halted.then((stop) => Promise.reject(stopError(stop))),
      stuck.promise,
      ...(prepared.cutOff ? [prepared.cutOff] : []),
    ]);
  } finally {
    stuck.end();
  }
  context.signal.throwIfAborted();
  const failure = endOf(progress);
  const { connection } = context;
  const { installerDomain: name } = prepared.plan.names;
  if (failure) throw endedFromOutside({ connection, name, reason }, failure) ?? failure;
}

/** Looks for an unanswered prompt once a second, and at the guest's counters now and then; its promise rejects when nothing has moved for too long. */
function watchActivity(
  prepared: ReadyToInstall,
  { guest, progress }: Watched,
): { promise: Promise<never>; end(): void } {
  const { plan } = prepared;
  const watch = new Watch({ limit: idleLimit * plan.timeScale, now: () => performance.now() });
  const { promise, reject } = deferred<never>();
  let ticks = 0;
  const sample = async (): Promise<void> => {
    progress.tick();
    // Each look costs calls to libvirt and QEMU's monitor, and the limits are minutes.
    if (ticks++ % ticksPerSample !== 0) return;
    const counters = await readActivity(guest.domain, { disk: engineShapes[plan.engine].disk });
    watch.saw({ ...progress.counters, ...counters }, progress.doing);
    const error = watch.stuck();
    if (error) reject(error);
  };
  const timer = setInterval(() => void sample().catch(() => undefined), tickMilliseconds);
  return { promise, end: () => clearInterval(timer) };
}

/** Saves what only the living guest can show: its screen as text and as a picture. Never rejects, not even on a full disk. */
async function keepEvidence(
  context: BuildContext,
  prepared: ReadyToInstall,
  guest: Guest,
  progress: Progress,
): Promise<void> {
  try {
    writeBuildFile(context.directory, buildFiles.screen, `${progress.screen(400).join('\n')}\n`);
    if (!engineShapes[prepared.plan.engine].driver.screenshot) return;
    const shot = await guest.domain.screenshot().catch(() => undefined);
    if (!shot) return;
    const extension = shot.mime === 'image/png' ? 'png' : 'ppm';
    writeBuildFile(context.directory, `screen.${extension}`, shot.data);
  } catch (error) {
    context.emit({ type: 'warning', text: `the guest’s screen is not kept: ${String(error)}` });
  }
}
