import { type HostJob, hostPartitions, procedureOf } from '../bootloader/device-mapper/index.js';
import { examineDisk } from '../bootloader/target/index.js';
import { type GrubWishes, planGrub } from '../build/grub/install.js';
import { installGrubOnHost } from '../build/grub/on-host.js';
import type { GrubTarget } from '../build/grub/target.js';
import { VappError } from '../errors.js';
import type { VappEvent } from '../events.js';
import type { Connection } from '../libvirt/index.js';
import { cleanLine } from '../report/untrusted.js';
import { shellWord } from '../shell-word.js';
import type { DiskReport } from '../verify/index.js';
import type { DiskTarget } from './disk-target.js';
import { diskText } from './disk-text.js';
import type { Session } from './session.js';

type Arguments = Record<string, unknown>;

interface Ask {
  target: GrubTarget;
  opened: DiskTarget;
  wishes: GrubWishes;
}

/** `vapp grub --mapper device-mapper TARGET`. */
export async function installHere(session: Session, args: Arguments, ask: Ask): Promise<number> {
  refuseOthers(args, ask.target);
  const job = await planJob(session, ask, Boolean(args.trustImage));
  if (args.dryRun) return dryRun(session, ask.target, job);
  await session.startReporting();
  const show = Boolean(args.verbose) && !session.json;
  const emit = (event: VappEvent): void => {
    session.emit(event);
    if (show && event.type === 'step' && event.state === 'start' && event.detail)
      session.emit({ type: 'notice', text: event.detail });
  };
  const report = await installGrubOnHost(job, { emit, signal: session.signal });
  await session.endReporting();
  session.print(session.json ? document(ask.target, job, report) : diskText(ask.opened, report));
  return 0;
}

/** What only the other mapper does. */
function refuseOthers(args: Arguments, target: GrubTarget): void {
  const guests = (['backup', 'pool'] as const).filter((name) => args[name] !== undefined);
  if (guests.length > 0) {
    throw new VappError('VAPP_USAGE', `the mapper device-mapper knows no --${guests[0]}`, {
      why: 'it works on the image itself, with no guest and no snapshot in between',
      hint: 'keep a copy of the image, or take --mapper guest',
    });
  }
  if (target.local) return;
  throw new VappError('VAPP_USAGE', `${target.name} is not on this host`, {
    why: 'the mapper device-mapper maps files of the host that it runs on',
    hint: '--mapper guest, or run vapp there',
  });
}

async function planJob(session: Session, { target, wishes }: Ask, trusted: boolean): Promise<HostJob> {
  const decision = await planGrub(() => guestsOf(session), target, wishes);
  const { size, volumes } = await examineDisk(target.disk);
  const partitions = await hostPartitions(volumes, decision);
  const { path: image, format } = target;
  const { firmware } = decision;
  return { image, format, size, ...partitions, firmware, updateGrub: wishes.updateGrub, trusted };
}

/** Where there is no libvirt, or none that answers, none of its guests has the image. */
async function guestsOf(session: Session): Promise<Connection | undefined> {
  try {
    return await session.connection();
  } catch (error) {
    if (error instanceof VappError && noLibvirt.has(error.code)) return undefined;
    throw error;
  }
}

const noLibvirt: ReadonlySet<string> = new Set(['VAPP_LIBVIRT_UNREACHABLE', 'VAPP_LIBVIRT_MISSING']);

function dryRun(session: Session, target: GrubTarget, job: HostJob): number {
  const lines = procedureOf(job);
  session.print(
    session.json
      ? JSON.stringify({ v: 1, type: 'grub', target: target.name, ...job, commands: lines })
      : [...lines, `vapp grub --check ${shellWord(target.path)}`].join('\n'),
  );
  return 0;
}

const document = (target: GrubTarget, { firmware }: HostJob, report: DiskReport): string =>
  JSON.stringify(
    { v: 1, type: 'grub', target: target.name, mapper: 'device-mapper', firmware, report },
    (_, value) => (typeof value === 'string' ? cleanLine(value) : value),
  );
