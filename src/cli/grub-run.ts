import { grubSteps } from '../bootloader/index.js';
import type { Decision } from '../bootloader/target/index.js';
import { type GrubResult, type GrubWishes, installGrub, planGrub } from '../build/grub/install.js';
import { refuseElsewhere } from '../build/grub/reach.js';
import { planRestore, restoreGrub } from '../build/grub/restore.js';
import type { GrubTarget } from '../build/grub/target.js';
import { VappError } from '../errors.js';
import type { Connection } from '../libvirt/index.js';
import { cleanLine } from '../report/untrusted.js';
import { shellWord } from '../shell-word.js';
import { type DiskTarget, openTarget } from './disk-target.js';
import { diskText } from './disk-text.js';
import { runInGuest } from './grub-in-guest.js';
import { installHere } from './grub-on-host.js';
import { grubPlanText } from './grub-text.js';
import type { Session } from './session.js';

type Arguments = Record<string, unknown>;

/** `vapp grub TARGET`. */
export async function install(session: Session, args: Arguments): Promise<number> {
  const wishes = wishesOf(args);
  await using opened = await openTarget(String(args.target), () => session.connection());
  const target = grubTarget(session, String(args.target), opened);
  if (args.mapper === 'device-mapper') return await installHere(session, args, { target, opened, wishes });
  const decision = await planGrub(() => guestsFor(session, target), target, wishes);
  if (args.dryRun) return dryRun(session, target, decision, wishes);
  const result = await runInGuest(session, { target, pool: args.pool as string | undefined }, (context) =>
    installGrub(context, target, decision, wishes),
  );
  session.print(session.json ? document(target, result) : text(String(args.target), opened, result));
  return 0;
}

/** `vapp grub --restore FILE TARGET`. */
export async function restore(session: Session, args: Arguments): Promise<number> {
  const file = String(args.restore);
  await using opened = await openTarget(String(args.target), () => session.connection());
  const target = grubTarget(session, String(args.target), opened);
  const standing = await planRestore(() => guestsFor(session, target), target, file);
  if (standing !== 'before') {
    await runInGuest(session, { target, pool: args.pool as string | undefined }, (context) =>
      restoreGrub(context, target, file),
    );
  }
  const restored = standing !== 'before';
  session.print(
    session.json
      ? JSON.stringify({ v: 1, type: 'grub', target: target.name, restored })
      : `${cleanLine(target.name)} is ${restored ? '' : 'already '}as it was before.`,
  );
  return 0;
}

const wishesOf = ({ root, firmware, updateGrub, backup }: Arguments): GrubWishes => ({
  updateGrub: updateGrub as GrubWishes['updateGrub'],
  ...(root !== undefined && { root: checkedRoot(String(root)) }),
  ...(firmware !== undefined && { firmware: firmware as 'bios' | 'uefi' | 'both' }),
  ...(backup !== undefined && { backup: String(backup) }),
});

/** Names of LVM: lvm(8). */
function checkedRoot(root: string): string {
  if (/^([1-9]\d{0,2}|[\w+.-]+\/[\w+.-]+)$/.test(root)) return root;
  throw new VappError('VAPP_USAGE', `--root ${root} is no partition`, {
    why: 'a partition is meant by its number, a logical volume by its names',
    hint: '--root 2, or --root vg0/root',
  });
}

function grubTarget(session: Session, text: string, opened: DiskTarget): GrubTarget {
  const { name, format, path, block, local, disk, domain } = opened;
  if (domain && !domain.shutOff) {
    throw new VappError('VAPP_BOOTLOADER_IN_USE', `${name} is in use`, {
      why: `the domain ${domain.name} is not shut off`,
      hint: `virsh shutdown ${shellWord(domain.name)}`,
    });
  }
  const reopen = (most: number) => openTarget(text, () => session.connection(), { most });
  return { name, format, path, block, local, disk, reopen };
}

/** The connection whose guest can work on the target. */
async function guestsFor(session: Session, target: GrubTarget): Promise<Connection> {
  const connection = await session.connection();
  refuseElsewhere(connection, target);
  return connection;
}

function dryRun(session: Session, target: GrubTarget, decision: Decision, wishes: GrubWishes): number {
  const steps = grubSteps(decision);
  session.print(
    session.json
      ? JSON.stringify({ v: 1, type: 'grub', target: target.name, ...decision, steps })
      : grubPlanText(target, decision, wishes),
  );
  return 0;
}

const document = (target: GrubTarget, { report, ...result }: GrubResult): string =>
  JSON.stringify({ v: 1, type: 'grub', target: target.name, ...result, report }, (_, value) =>
    typeof value === 'string' ? cleanLine(value) : value,
  );

const text = (named: string, target: DiskTarget, { backup, report }: GrubResult): string =>
  [
    diskText(target, report),
    `as it was before: vapp grub --restore ${shellWord(backup)} ${shellWord(named)}`,
  ].join('\n');
