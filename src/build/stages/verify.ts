import { deferred } from '../../deferred.js';
import { engineShapes, verifyDomainXml } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import { kernelPanic } from '../../kernel-panic.js';
import { parseVerifyLine, type SystemReport, verifyCredentials } from '../../verify/index.js';
import { type BuildContext, loggedChannel } from '../context.js';
import { startGuest } from '../guest/guest.js';
import { endedFromOutside } from '../guest/interference.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import type { Prepared } from './prepare.js';
import { makeTrialDisk } from './trial-disk.js';

/** Seconds until the login prompt and the system's state, on hardware virtualisation. */
const bootLimit = 60;

const unasked =
  'no grub.cfg was found that the engine could be given a question by: the trial boot looks for the login prompt only';

/**
 * Boots the result through its final domain XML on a throw-away overlay: a login prompt on the serial console, and
 * `systemctl is-system-running` neither failed nor degraded. The question is put by systemd credentials, so nothing of it
 * is in the image.
 */
export async function verify(context: BuildContext, prepared: Prepared): Promise<void> {
  const { connection, scope, signal } = context;
  const { plan } = prepared;
  const trial = await makeTrialDisk(context, prepared, verifyCredentials(engineShapes[plan.engine].terminal));
  if (!trial.asked) context.emit({ type: 'warning', text: unasked });
  const xml = verifyDomainXml(
    plan,
    {
      diskPath: trial.path,
      bootMediumPath: prepared.bootMediumPath,
      credentials: trial.credentials,
    },
    prepared.domainTemplate,
  );
  writeBuildFile(context.directory, buildFiles.verifyXml, xml);
  const boot = watchBoot(trial.asked);
  const guest = await startGuest({
    connection,
    scope,
    name: plan.names.verifyDomain,
    xml,
    engine: plan.engine,
    keep: context.options.keep,
    channels: [loggedChannel(context, { device: 'serial0', file: buildFiles.verify, onData: boot.data })],
  });
  const seconds = bootLimit * plan.timeScale;
  const limit = AbortSignal.timeout(seconds * 1000);
  const end = await Promise.race([boot.ready, guest.ended(AbortSignal.any([signal, limit]))]);
  const problem = problemOf(context, boot, { name: plan.names.verifyDomain, end, seconds });
  const takeAway = async (): Promise<void> => {
    await guest.end();
    await scope.release({ kind: 'volume', pool: plan.pool.name, name: plan.names.overlay });
  };
  if (problem || signal.aborted) {
    // What cannot be ended now is tried again by the clean-up, and told there.
    if (!problem || !context.options.keep) await takeAway().catch(() => undefined);
    throw signal.reason ?? problem;
  }
  await takeAway();
}

function problemOf(
  context: BuildContext,
  boot: Boot,
  { name, end, seconds }: { name: string; end: string; seconds: number },
): VappError | undefined {
  if (end === 'aborted') return notReady(context, boot, `${seconds} s have passed`);
  if (boot.panic) return notReady(context, boot, `its kernel crashed: ${boot.panic}`);
  if (end !== 'ready') {
    const failure = notReady(context, boot, `the guest ended: ${end}`);
    return endedFromOutside({ connection: context.connection, name, reason: end }, failure) ?? failure;
  }
  return !boot.report || boot.report.state === 'running' ? undefined : notWell(context, boot.report);
}

interface Boot {
  data(chunk: Buffer): void;
  /** Resolves once the login prompt, and the report if one was asked for, have been seen, or when the kernel has given up. */
  ready: Promise<'ready' | 'panic'>;
  readonly login: boolean;
  readonly report: SystemReport | undefined;
  readonly panic: string | undefined;
  readonly tail: string;
}

/** `asked`: the system will say how it is. */
function watchBoot(asked: boolean): Boot {
  const { promise, resolve } = deferred<'ready' | 'panic'>();
  let text = '';
  let login = false;
  let report: SystemReport | undefined;
  let panic: string | undefined;
  return {
    ready: promise,
    get login() {
      return login;
    },
    get report() {
      return report;
    },
    get panic() {
      return panic;
    },
    get tail() {
      return text.slice(-2000);
    },
    data: (chunk) => {
      text = (text + chunk.toString('latin1')).slice(-65_536);
      login ||= /\blogin: /.test(text);
      const lines = text.slice(0, text.lastIndexOf('\n') + 1);
      report ??= lines.split('\n').map(parseVerifyLine).find(Boolean);
      panic ??= kernelPanic(lines);
      if (panic) resolve('panic');
      if (login && (report || !asked)) resolve('ready');
    },
  };
}

function notReady(context: BuildContext, boot: Boot, what: string): VappError {
  const missing = boot.login
    ? 'the system did not say how it is'
    : 'no login prompt came on the serial console';
  return new VappError('VAPP_VERIFY_BOOT', 'the finished system does not boot as it should', {
    why: `${missing}; ${what}`,
    hint: `vapp logs --log verify ${context.id}`,
    excerpt: boot.tail.split(/\r?\n/).slice(-20).join('\n'),
  });
}

function notWell(context: BuildContext, report: SystemReport): VappError {
  return new VappError('VAPP_VERIFY_SYSTEM', `the finished system boots, but its state is ${report.state}`, {
    why:
      report.failed.length > 0 ? `failed units: ${report.failed.join(', ')}` : 'systemd names no failed unit',
    hint: `vapp logs --log verify ${context.id}`,
  });
}
