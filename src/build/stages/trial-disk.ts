import { writeFile } from 'node:fs/promises';
import { engineShapes, volumeXml } from '../../domain/index.js';
import { kernelArgumentsFor, openDisk, overlayImage, patchKernelArguments } from '../../verify/index.js';
import type { BuildContext } from '../context.js';
import { createVolume } from '../storage.js';
import { uploadMade } from '../upload-made.js';
import type { Prepared } from './prepare.js';

/** The throw-away disk of a trial boot. */
export interface TrialDisk {
  /** On the libvirt host. */
  path: string;
  /** systemd credentials that the domain has to hand over: those that the disk does not hold already. */
  credentials: Record<string, string>;
  /** Whether the system gets the credentials, one way or the other. */
  asked: boolean;
}

/**
 * Makes an overlay on the finished disk. Where the engine hands no credentials to its guest (Xen), they stand on the
 * kernel's command line in the overlay's grub.cfg: GRUB, menu and kernel are still the finished disk's own.
 */
export async function makeTrialDisk(
  context: BuildContext,
  prepared: Prepared,
  credentials: Record<string, string>,
): Promise<TrialDisk> {
  const { plan, disk } = prepared;
  const backing = await disk.path();
  if (engineShapes[plan.engine].qemu) {
    return { path: await plainOverlay(context, prepared, backing), credentials, asked: true };
  }
  const base = await openDisk(disk, plan.appliance.disk.size);
  const patches = await patchKernelArguments(base, kernelArgumentsFor(credentials));
  if (!patches)
    return { path: await plainOverlay(context, prepared, backing), credentials: {}, asked: false };
  const image = await overlayImage({ size: base.size, backing, disk: base, patches });
  return { path: await uploadImage(context, prepared, image), credentials: {}, asked: true };
}

async function plainOverlay(
  { scope }: BuildContext,
  { plan, pool }: Prepared,
  backing: string,
): Promise<string> {
  const volume = await createVolume(
    { pool, poolName: plan.pool.name, scope, name: plan.names.overlay },
    volumeXml({
      name: plan.names.overlay,
      capacity: plan.appliance.disk.size,
      format: 'qcow2',
      backing: { path: backing, format: 'qcow2' },
    }),
  );
  return await volume.path();
}

const uploadImage = (context: BuildContext, prepared: Prepared, image: Buffer): Promise<string> =>
  uploadMade(context, prepared, {
    scratch: 'overlay.qcow2',
    name: prepared.plan.names.overlay,
    make: (file) => writeFile(file, image, { mode: 0o600 }),
  });
