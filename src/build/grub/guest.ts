import { grubDomainXml, loadTemplate } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import type { BuildContext } from '../context.js';
import { reportDevice, runFinisherGuest } from '../finisher-guest.js';
import type { Guest } from '../guest.js';
import { buildFiles, writeBuildFile } from '../workspace.js';
import type { GrubMedia } from './media.js';
import type { GrubTarget } from './target.js';

/** Seconds that the guest may take on hardware virtualisation. */
const guestLimit = 180;

export interface GuestOptions {
  /** Called when all is in the store and the disk is still as it was; the disk is written once it resolves. */
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
  const gate = openGate(o.save, () => {
    until.signal.throwIfAborted();
    context.signal.removeEventListener('abort', abort);
  });
  try {
    const { facts } = await runFinisherGuest(context, plan, {
      xml,
      limit: guestLimit * plan.timeScale,
      signal: until.signal,
      onStep: ({ step, state }, guest) => {
        if (step === 'release' && state === 'done') gate.knock(guest);
      },
    });
    return facts;
  } catch (error) {
    await gate.settled();
    if (gate.failure) throw gate.failure;
    throw gate.writing || !o.save ? halfWritten(target, o.backup, error) : reachable(context, target, error);
  } finally {
    context.signal.removeEventListener('abort', abort);
  }
}

interface Gate {
  knock(guest: Guest): void;
  /** Resolves when nothing is being saved any more. */
  settled(): Promise<void>;
  /** The guest was told to write. */
  readonly writing: boolean;
  readonly failure: unknown;
}

/** Lets the guest write once everything is saved; `onOpen` is called just before. */
function openGate(save: (() => Promise<void>) | undefined, onOpen: () => void): Gate {
  let saving: Promise<void> | undefined;
  let writing = false;
  let failure: unknown;
  return {
    knock: (guest) => {
      saving ??= (async () => {
        try {
          await save?.();
          onOpen();
          writing = true;
          guest.send(reportDevice, 'go\n');
        } catch (error) {
          failure = error;
          guest.send(reportDevice, 'stop\n');
        }
      })();
    },
    settled: async () => await saving,
    get writing() {
      return writing;
    },
    get failure() {
      return failure;
    },
  };
}

async function domainXml(context: BuildContext, target: GrubTarget, media: GrubMedia): Promise<string> {
  const { plan, kernelPath, initrdPath, store } = media;
  const template = loadTemplate(plan.engine, context.options.domainTemplate);
  const files = { kernelPath, initrdPath, storePath: await store.path() };
  const xml = grubDomainXml(plan, { ...files, diskPath: target.path, diskFormat: target.format }, template);
  writeBuildFile(context.directory, buildFiles.finisherXml, xml);
  return xml;
}

const halfWritten = (target: GrubTarget, backup: string, cause: unknown): VappError =>
  new VappError('VAPP_BOOTLOADER_HALF', `${target.name} was perhaps written in part`, {
    why: `the guest failed while it wrote to the disk: ${(cause as Error).message}`,
    hint: `vapp grub --restore ${backup} TARGET`,
    cause,
  });

/** libvirt's daemon is another user: a file of one's own home is often not for it. */
function reachable(context: BuildContext, target: GrubTarget, error: unknown): unknown {
  const denied =
    error instanceof VappError && /permission denied/i.test(`${error.message} ${error.why ?? ''}`);
  if (!denied || !target.local) return error;
  return new VappError(
    'VAPP_BOOTLOADER_UNREACHABLE',
    `${context.connection.uri} cannot reach ${target.path}`,
    {
      why: 'its guests run as another user, who may not read or write there; vapp changes no permissions',
      hint: 'vapp --connect qemu:///session grub TARGET, or move the image into a storage pool',
      cause: error,
    },
  );
}
