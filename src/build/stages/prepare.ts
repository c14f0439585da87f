import { engineShapes, installerDomainXml, loadTemplate, volumeXml } from '../../domain/index.js';
import { applianceScript, assembleInitrd, buildPart, fileParts, type Kit } from '../../installer/index.js';
import type { Pool, Volume } from '../../libvirt/index.js';
import type { Plan } from '../../plan/plan.js';
import { compilePreseed, renderPreseed } from '../../preseed/index.js';
import { refuseTakenName } from '../../template/index.js';
import type { BuildContext } from '../context.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { writeResumeRecord } from '../resume/resume-record.js';
import { createVolume } from '../storage.js';
import { uploadMade } from '../upload-made.js';
import { uploadBootMedium } from './boot-medium.js';
import { checkAnswers } from './checks.js';
import { type GuestProxy, openProxy } from './package-proxy.js';
import { gatherParts, type Parts } from './parts.js';
import { readyHost, type Settled, settle } from './settle.js';
import { installList, sourcesList } from './sources.js';

/** What the stages after the installation need. */
export interface Prepared {
  plan: Plan;
  pool: Pool;
  disk: Volume;
  /** Path of the boot medium's volume on the libvirt host, for an engine that has one. */
  bootMediumPath?: string;
  /** Path of the kernel's volume on the libvirt host. */
  kernelPath: string;
  domainTemplate: string;
  /** Path of the finisher's common initrd on this machine. */
  finisherInitrd: string;
  /** Words that must not stay in the result: the proxy's address. */
  traces: string[];
}

/** What `prepare` hands to all of them. */
export interface ReadyToInstall extends Prepared {
  kit: Kit;
  installerXml: string;
  /** Rejects when the installer guest does not reach the packages any more. */
  cutOff?: Promise<never>;
}

/**
 * Everything up to the installer guest. What can be wrong with the spec is found before disk and initrd are made; the
 * kernel's volume comes earlier, as the KVM probe boots it.
 */
export async function prepare(context: BuildContext): Promise<ReadyToInstall> {
  const { connection, resolved, options } = context;
  await refuseTakenName(connection, options.name ?? resolved.appliance.appliance, options);
  const host = await readyHost(context);
  const parts = await gatherParts(context, host.draft.engine);
  const settled = await settle(context, host, parts.kit);
  const proxy = await openProxy(context, host.route, parts.archive);
  const part = personalPart(context, settled.plan, parts, proxy);
  context.signal.throwIfAborted();
  const initrdPath = await uploadInitrd(context, settled, parts, part);
  const bootMediumPath = await uploadBootMedium(context, settled, parts.bootMedium);
  const disk = await createDisk(context, settled);
  const domainTemplate = await loadTemplate(settled.plan.engine, options.domainTemplate);
  const media = { kernelPath: settled.kernelPath, initrdPath, diskPath: await disk.path() };
  const installerXml = installerDomainXml(settled.plan, media, domainTemplate);
  writeBuildFile(context.directory, buildFiles.installerXml, installerXml);
  const { kit, finisherInitrd } = parts;
  const traces = [proxy.guestAddress];
  writeResumeRecord(context, { kernel: kit.kernel, finisherInitrd, traces, domainTemplate });
  return {
    ...settled,
    kit,
    disk,
    ...(bootMediumPath && { bootMediumPath }),
    installerXml,
    domainTemplate,
    finisherInitrd,
    traces,
    ...(host.route.lost && { cutOff: host.route.lost }),
  };
}

/** The part of the initrd that belongs to this build alone: preseed, key, users and commands. */
function personalPart(context: BuildContext, plan: Plan, parts: Parts, proxy: GuestProxy): Buffer {
  const { resolved, release, directory } = context;
  const lines = compilePreseed(resolved.appliance, {
    proxy: proxy.guestUrl,
    release,
    disk: engineShapes[plan.engine].guestDisk,
  });
  checkAnswers(resolved, lines, parts.kit);
  const preseed = renderPreseed(lines);
  writeBuildFile(directory, buildFiles.preseed, preseed);
  const finalList = sourcesList(resolved.appliance, release);
  const domain = lines.findLast(({ question }) => question === 'netcfg/get_domain');
  return buildPart({
    preseed,
    key: parts.archive.key,
    applianceScript: applianceScript(resolved.appliance),
    options: {
      proxy: proxy.guestAddress,
      installList: installList(resolved.appliance, release),
      ...(finalList !== undefined && { sourcesList: finalList }),
      // A raw preseed line is the installer's own business.
      ...(domain?.from === 'domain' && { domain: domain.value }),
    },
  });
}

async function uploadInitrd(
  context: BuildContext,
  settled: Settled,
  parts: Parts,
  part: Buffer,
): Promise<string> {
  const base = { file: parts.tarball, path: 'vapp/base.tar' };
  const all = [part, ...parts.extra, ...fileParts(context.resolved.appliance.files), base];
  return await uploadMade(context, settled, {
    scratch: 'initrd',
    name: settled.plan.names.initrd,
    make: (file) => assembleInitrd(parts.kit.initrd, all, file),
  });
}

async function createDisk(context: BuildContext, { plan, pool }: Settled): Promise<Volume> {
  return await createVolume(
    { pool, poolName: plan.pool.name, scope: context.scope, name: plan.names.disk },
    volumeXml({ name: plan.names.disk, capacity: plan.appliance.disk.size, format: 'qcow2' }),
  );
}
