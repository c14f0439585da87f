import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createReportReader, finisherDefaults, finisherPart } from '../bootloader/index.js';
import { engineShapes, finisherDomainXml } from '../domain/index.js';
import { VappError } from '../errors.js';
import { assembleInitrd } from '../installer/index.js';
import { bootCodeNames, checkDisk, openDisk } from '../verify/index.js';
import { type BuildContext, loggedChannel } from './context.js';
import { startGuest } from './guest.js';
import { endedFromOutside } from './interference.js';
import type { Prepared } from './prepare.js';
import { uploadFile } from './storage.js';
import { buildFiles, writeBuildFile } from './workspace.js';

/** Seconds that a finisher may take on hardware virtualisation. */
const finisherLimit = 120;

/** Installs GRUB from outside and finalises the system in the finisher guest, then reads the disk as an outside judge. */
export async function installBootloader(context: BuildContext, prepared: Prepared): Promise<void> {
  await runFinisher(context, prepared);
  const { bios } = await checkDisk(await openDisk(prepared.disk, prepared.plan.appliance.disk.size));
  if (bios.bootable !== 'yes') {
    throw new VappError('VAPP_BOOTLOADER_CHECK', 'the disk would not boot', {
      why: bios.problems[0] ?? `its first sector has ${bootCodeNames[bios.bootCode]}`,
      excerpt: [...bios.problems, ...bios.notes].join('\n'),
      hint: `vapp logs --log finisher ${context.id}`,
    });
  }
}

async function runFinisher(context: BuildContext, prepared: Prepared): Promise<void> {
  const { connection, scope, directory, emit, signal } = context;
  const { plan } = prepared;
  const initrdPath = await uploadInitrd(context, prepared);
  const xml = finisherDomainXml(
    plan,
    { kernelPath: prepared.kernelPath, initrdPath, diskPath: await prepared.disk.path() },
    prepared.domainTemplate,
  );
  writeBuildFile(directory, buildFiles.finisherXml, xml);
  const reader = createReportReader(emit);
  let console = '';
  const guest = await startGuest({
    connection,
    scope,
    name: plan.names.finisherDomain,
    xml,
    engine: plan.engine,
    keep: context.options.keep,
    channels: [
      loggedChannel(context, {
        device: 'serial0',
        file: buildFiles.finisherConsole,
        onData: (chunk) => {
          console = (console + chunk.toString('latin1')).slice(-16_384);
        },
      }),
      loggedChannel(context, {
        device: 'serial1',
        file: buildFiles.finisher,
        onData: (chunk) => reader.chunk(chunk),
      }),
    ],
  });
  const limit = AbortSignal.timeout(finisherLimit * plan.timeScale * 1000);
  const end = await guest.ended(AbortSignal.any([signal, limit]));
  // Its name is free again, and nothing of it is left that could be kept.
  if (end !== 'aborted') await guest.end();
  signal.throwIfAborted();
  if (limit.aborted && !reader.result) throw tooSlow(context, finisherLimit * plan.timeScale);
  finish(context, { reader, console, name: plan.names.finisherDomain, reason: end });
}

/** Throws as the reader does; when there is no end mark because the guest was ended, that is said. */
function finish(
  { connection }: BuildContext,
  o: { reader: ReturnType<typeof createReportReader>; console: string; name: string; reason: string },
): void {
  try {
    o.reader.finish(o.console);
  } catch (error) {
    const failure = error instanceof VappError && !o.reader.result ? error : undefined;
    throw (failure && endedFromOutside({ ...o, connection }, failure)) ?? error;
  }
}

async function uploadInitrd(context: BuildContext, prepared: Prepared): Promise<string> {
  const { plan, pool, finisherInitrd, traces } = prepared;
  const file = join(context.directory, 'finisher-initrd');
  // Xen's disks have no serial number; the finisher's domain has one disk.
  const serial = engineShapes[plan.engine].qemu ? {} : { diskSerial: '' };
  const part = finisherPart({ ...finisherDefaults, ...serial, traces });
  try {
    await assembleInitrd(finisherInitrd, [part], file);
    return await uploadFile(context, {
      pool,
      poolName: plan.pool.name,
      name: plan.names.finisherInitrd,
      file,
    });
  } finally {
    await rm(file, { force: true });
  }
}

function tooSlow(context: BuildContext, seconds: number): VappError {
  return new VappError('VAPP_BOOTLOADER_SLOW', `the finisher guest was not done after ${seconds} s`, {
    why: 'it hangs, or the host is far busier than usual',
    hint: `vapp logs --log finisher ${context.id}`,
  });
}
