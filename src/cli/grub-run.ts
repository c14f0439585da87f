import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { grubSteps } from '../bootloader/index.js';
import type { Decision } from '../bootloader/target/index.js';
import type { BuildContext } from '../build/context.js';
import { forgetDone } from '../build/forget.js';
import { type GrubResult, type GrubWishes, installGrub, planGrub } from '../build/grub/install.js';
import { planRestore, restoreGrub } from '../build/grub/restore.js';
import { runOnDisk } from '../build/grub/run.js';
import type { GrubTarget } from '../build/grub/target.js';
import { buildFiles, buildsDirectory, newBuildId } from '../build/workspace.js';
import { VappError } from '../errors.js';
import type { VappEvent } from '../events.js';
import { createBuildLog } from '../report/index.js';
import { cleanLine } from '../report/untrusted.js';
import { shellWord } from '../shell-word.js';
import { gatherSpecHost, parseSpec } from '../spec/index.js';
import { type DiskTarget, openTarget } from './disk-target.js';
import { diskText } from './disk-text.js';
import { installHere } from './grub-on-host.js';
import { grubPlanText } from './grub-text.js';
import { reconnect } from './reconnect.js';
import type { Session } from './session.js';

type Arguments = Record<string, unknown>;

/** `vapp grub TARGET`. */
export async function install(session: Session, args: Arguments): Promise<number> {
  const wishes = wishesOf(args);
  await using opened = await openTarget(String(args.target), () => session.connection());
  const target = grubTarget(session, String(args.target), opened);
  if (args.mapper === 'device-mapper') return await installHere(session, args, { target, opened, wishes });
  const decision = await planGrub(() => session.connection(), target, wishes);
  if (args.dryRun) return dryRun(session, target, decision, wishes);
  const result = await onDisk(session, { target, pool: args.pool as string | undefined }, (context) =>
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
  const standing = await planRestore(() => session.connection(), target, file);
  if (standing !== 'before') {
    await onDisk(session, { target, pool: args.pool as string | undefined }, (context) =>
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
  const { name, format, path, local, disk, domain } = opened;
  if (domain && !domain.shutOff) {
    throw new VappError('VAPP_BOOTLOADER_IN_USE', `${name} is in use`, {
      why: `the domain ${domain.name} is not shut off`,
      hint: `virsh shutdown ${shellWord(domain.name)}`,
    });
  }
  const reopen = (most: number) => openTarget(text, () => session.connection(), { most });
  return { name, format, path, local, disk, reopen };
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

interface OnDisk {
  target: GrubTarget;
  pool: string | undefined;
}

async function onDisk<T>(
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
    log ??= createBuildLog(join(directory, buildFiles.log));
    log.emit(event);
    session.emit(event);
  };
  try {
    const resolved = parseSpec('vapp grub', 'appliance: grub\nos: debian-13\n', gatherSpecHost(process.env));
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

const document = (target: GrubTarget, { report, ...result }: GrubResult): string =>
  JSON.stringify({ v: 1, type: 'grub', target: target.name, ...result, report }, (_, value) =>
    typeof value === 'string' ? cleanLine(value) : value,
  );

const text = (named: string, target: DiskTarget, { backup, report }: GrubResult): string =>
  [
    diskText(target, report),
    `as it was before: vapp grub --restore ${shellWord(backup)} ${shellWord(named)}`,
  ].join('\n');
