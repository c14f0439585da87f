import { finisherDefaults, finisherPart } from '../../bootloader/index.js';
import { engineShapes, finisherDomainXml } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import { assembleInitrd } from '../../installer/index.js';
import { bootCodeNames, checkDisk, openDisk } from '../../verify/index.js';
import type { BuildContext } from '../context.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { uploadMade } from '../upload-made.js';
import { runFinisherGuest } from './finisher-guest.js';
import type { Prepared } from './prepare.js';

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
  const { plan } = prepared;
  const initrdPath = await uploadInitrd(context, prepared);
  const xml = finisherDomainXml(
    plan,
    { kernelPath: prepared.kernelPath, initrdPath, diskPath: await prepared.disk.path() },
    prepared.domainTemplate,
  );
  writeBuildFile(context.directory, buildFiles.finisherXml, xml);
  await runFinisherGuest(context, plan, { xml, limit: finisherLimit * plan.timeScale });
}

async function uploadInitrd(context: BuildContext, prepared: Prepared): Promise<string> {
  const { plan, finisherInitrd, traces } = prepared;
  // Xen's disks have no serial number; the finisher's domain has one disk.
  const serial = engineShapes[plan.engine].qemu ? {} : { diskSerial: '' };
  const part = finisherPart({ ...finisherDefaults, ...serial, traces });
  return await uploadMade(context, prepared, {
    scratch: 'finisher-initrd',
    name: plan.names.finisherInitrd,
    make: (file) => assembleInitrd(finisherInitrd, [part], file),
  });
}
