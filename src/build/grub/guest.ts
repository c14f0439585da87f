import { grubDomainXml, loadTemplate } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import type { BuildContext } from '../context.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { reportDevice, runFinisherGuest, tooSlow } from '../stages/finisher-guest.js';
import { openGate } from './gate.js';
import type { GrubMedia } from './media.js';
import type { GrubTarget } from './target.js';

/** Seconds that the guest may take on hardware virtualisation. */
const guestLimit = 180;

export interface GuestOptions {
  /** The step after which all is in the store, and the guest waits for leave to write. */
  ready: string;
  /** Called then, while the disk is as it was; the disk is written once it resolves. */
  save?(): Promise<void>;
  /** The backup, for messages. */
  backup: string;
}

/**
 * Runs the guest. What fails before the disk is written leaves it as it was; from then on no signal ends the guest, and
 * a failure says where the backup is.
 * @throws what runFinisherGuest throws, and `save`; VAPP_BOOTLOADER_UNREACHABLE, VAPP_BOOTLOADER_HALF
 */
export async function runGrubGuest(
  context: BuildContext,
  target: GrubTarget,
  media: GrubMedia,
  o: GuestOptions,
): Promise<Record<string, string | number>> {
  const { plan } = media;
  const xml = await domainXml(context, target, media);
  const until = new AbortController();
  const abort = (): void => until.abort(context.signal.reason);
  context.signal.addEventListener('abort', abort, { once: true });
  if (context.signal.aborted) abort();
  using clock = startClock(context, guestLimit * plan.timeScale, until);
  const gate = openGate(o.save ?? (async () => undefined), () => {
    until.signal.throwIfAborted();
    context.signal.removeEventListener('abort', abort);
    clock.restart();
  });
  try {
    const { facts } = await runFinisherGuest(context, plan, {
      xml,
      signal: until.signal,
      onStep: ({ step, state }, guest) => {
        if (step !== o.ready || state !== 'done') return;
        clock.stop();
        gate.knock((line) => guest.send(reportDevice, `${line}\n`));
      },
    });
    return facts;
  } catch (error) {
    // A guest that is given up is not told to write any more, when all is saved a moment later.
    until.abort(error);
    await gate.settled();
    if (gate.failure && gate.failure !== until.signal.reason) throw gate.failure;
    throw gate.writing ? halfWritten(target, o.backup, error) : untouched(context, target, error);
  } finally {
    context.signal.removeEventListener('abort', abort);
  }
}

interface Clock extends Disposable {
  stop(): void;
  restart(): void;
}

/**
 * The guest's own time: until it is ready to write, and once more from then on. What is saved in between may be read from a slow
 * disk, or over a slow line. Aborts `until` with VAPP_BOOTLOADER_SLOW.
 */
function startClock(context: BuildContext, seconds: number, until: AbortController): Clock {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  const restart = (): void => {
    stop();
    timer = setTimeout(() => until.abort(tooSlow(context, seconds)), seconds * 1000);
  };
  restart();
  return { stop, restart, [Symbol.dispose]: stop };
}

async function domainXml(context: BuildContext, target: GrubTarget, media: GrubMedia): Promise<string> {
  const { plan, kernelPath, initrdPath, store } = media;
  const template = loadTemplate(plan.engine, context.options.domainTemplate);
  const files = { kernelPath, initrdPath, storePath: await store.path() };
  const { path: diskPath, format: diskFormat, block: diskIsBlock } = target;
  const xml = grubDomainXml(plan, { ...files, diskPath, diskFormat, diskIsBlock }, template);
  writeBuildFile(context.directory, buildFiles.finisherXml, xml);
  return xml;
}

const halfWritten = (target: GrubTarget, backup: string, cause: unknown): VappError =>
  new VappError('VAPP_BOOTLOADER_HALF', `${target.name} was perhaps written in part`, {
    why: `the guest failed while it wrote to the disk: ${(cause as Error).message}`,
    hint: `vapp grub --restore ${backup} TARGET`,
    cause,
  });

/** What went wrong while the disk was only read, and that it is as it was. */
function untouched(context: BuildContext, target: GrubTarget, error: unknown): unknown {
  if (!(error instanceof VappError) || context.signal.aborted) return error;
  // libvirt's daemon is another user: a file of one's own home is often not for it.
  if (target.local && /permission denied/i.test(`${error.message} ${error.why ?? ''}`))
    return unreachable(context, target, error);
  const { code, message, why, hint, excerpt } = error;
  return new VappError(code, message, {
    why: [why, `nothing was written to ${target.name}`].filter(Boolean).join('; '),
    hint: hint ?? `vapp logs --log finisher-console ${context.id}`,
    ...(excerpt && { excerpt }),
    cause: error,
  });
}

const unreachable = ({ connection }: BuildContext, target: GrubTarget, cause: VappError): VappError =>
  new VappError('VAPP_BOOTLOADER_UNREACHABLE', `${connection.uri} cannot reach ${target.path}`, {
    why: 'its guests run as another user, who may not read or write there; vapp changes no permissions',
    hint: 'vapp --connect qemu:///session grub TARGET, or move the image into a storage pool',
    cause,
  });
