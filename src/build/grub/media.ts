import { join } from 'node:path';
import { debEntries, fetchPackage, useIfPresent } from '../../archive/index.js';
import { buildFinisherInitrd } from '../../bootloader/index.js';
import { volumeXml } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import { assembleInitrd, targetKernel } from '../../installer/index.js';
import type { Volume } from '../../libvirt/index.js';
import type { Engine } from '../../plan/plan.js';
import { writeWhole } from '../../whole-file.js';
import type { BuildContext } from '../context.js';
import { draftPlan, readyPool, type Settled, settle } from '../stages/settle.js';
import { openSuites } from '../stages/suites.js';
import { createVolume } from '../storage.js';
import { uploadMade } from '../upload-made.js';

/** Of the snapshot's store, in bytes; it takes only what is written to it. */
const storeSize = 2 ** 30;

export interface GrubMedia extends Settled {
  initrdPath: string;
  store: Volume;
}

/** What the guest is made of. */
export interface MediaRequest {
  /** The part of the initrd with the guest's job. */
  part: Buffer;
  /** A file to begin the store with. */
  store?: { file: string; bytes: number };
}

/**
 * Makes all that the guest boots: kernel and initrd as volumes, an empty store or one with a backup. The host is asked
 * before anything is downloaded.
 * @throws what makePlan, the archive and buildFinisherInitrd throw; VAPP_BOOTLOADER_XEN, VAPP_BOOTLOADER_KERNEL
 */
export async function prepareMedia(context: BuildContext, request: MediaRequest): Promise<GrubMedia> {
  const { facts, draft } = await draftPlan(context);
  refuseXen(draft.engine, facts.uri);
  const pool = await readyPool(context, facts, draft);
  const kit = await fetchKernel(context);
  const settled = await settle(context, { facts, draft, pool }, kit);
  const initrdPath = await uploadMade(context, settled, {
    scratch: 'grub-initrd',
    name: settled.plan.names.finisherInitrd,
    make: (file) => assembleInitrd(kit.initrd, [request.part], file),
  });
  return { ...settled, initrdPath, store: await makeStore(context, settled, request.store) };
}

/** Xen's disks have no serial numbers, by which the guest would know which is which. */
function refuseXen(engine: Engine, uri: string): void {
  if (!engine.startsWith('xen')) return;
  throw new VappError('VAPP_BOOTLOADER_XEN', `vapp grub has no guest for ${engine}`, {
    why: `${uri} would run it on Xen`,
    hint: 'take a QEMU host for a copy of the image: vapp --connect qemu:///system grub FILE',
  });
}

async function makeStore(
  { scope }: BuildContext,
  { plan, pool }: Settled,
  content: MediaRequest['store'],
): Promise<Volume> {
  const name = `${plan.names.finisherDomain}-store`;
  const xml = volumeXml({ name, capacity: Math.max(storeSize, content?.bytes ?? 0), format: 'raw' });
  const store = await createVolume({ pool, poolName: plan.pool.name, scope, name }, xml);
  if (content) await store.upload(content.file, { size: content.bytes });
  return store;
}

interface GuestKernel {
  kernel: string;
  kernelVersion: string;
  initrd: string;
}

/** The release's own kernel, and the finisher's initrd for it. */
async function fetchKernel(context: BuildContext): Promise<GuestKernel> {
  const { resolved, release, cache, emit, signal } = context;
  const { proxy } = resolved.appliance;
  const fetching = { cache, emit, signal, ...(proxy && { proxy }) };
  const [suite] = await openSuites(context);
  const target = targetKernel([suite], release.kernelPackage);
  const stanza = target && suite.packages.get(`linux-image-${target.version}`);
  if (!target || !stanza) throw noKernel(release.title);
  const kernel = join(cache, 'trees', `vmlinuz-${stanza.SHA256}`);
  if (!(await useIfPresent(kernel)))
    await extractKernel(await fetchPackage(suite, stanza, fetching), target.version, kernel);
  const kernelVersion = target.version;
  const { path } = await buildFinisherInitrd({ suite, kernelVersion, kind: 'any', ...fetching });
  return { kernel, kernelVersion, initrd: path };
}

async function extractKernel(deb: string, version: string, path: string): Promise<void> {
  const wanted = `boot/vmlinuz-${version}`;
  for await (const { name, data } of debEntries(deb, (entry) => entry.name === wanted)) {
    if (name !== wanted || !data) continue;
    await writeWhole(path, data);
    return;
  }
  throw noKernel(wanted);
}

const noKernel = (where: string): VappError =>
  new VappError('VAPP_BOOTLOADER_KERNEL', `there is no kernel in ${where}`, {
    why: 'the guest that works on the disk boots it',
    hint: 'take another mirror that carries the whole release',
  });
