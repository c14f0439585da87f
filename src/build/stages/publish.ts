import { templateDomainXml, type VappMetadata } from '../../domain/index.js';
import { type Connection, isConnectionLost } from '../../libvirt/index.js';
import type { Plan } from '../../plan/plan.js';
import type { Release } from '../../releases.js';
import type { ResolvedSpec } from '../../spec/appliance.js';
import {
  defineTemplate,
  dropFormerDisk,
  type Former,
  formerTemplate,
  templateOfBuild,
} from '../../template/index.js';
import { version } from '../../version.js';
import { noteFormer } from '../clean/former-disk.js';
import type { BuildContext } from '../context.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import type { Prepared } from './prepare.js';

/** Our element of the template's metadata. */
export function templateMetadata(plan: Plan, resolved: ResolvedSpec): VappMetadata {
  return {
    kind: 'template',
    build: plan.build,
    appliance: plan.appliance.appliance,
    os: plan.appliance.os,
    spec: resolved.sha256,
    version,
    pool: plan.pool.name,
    volume: plan.names.disk,
  };
}

/** Title and description that virsh and virt-manager show. */
export function templateTexts(plan: Plan, resolved: ResolvedSpec, release: Release) {
  return {
    title: `${plan.names.template}: ${release.title}`,
    description: `Built by vapp ${version} from ${resolved.file}. A template: clone it, do not run it.`,
  };
}

/** Defines the template. From here on the disk belongs to it and not to the build. */
export async function publish(context: BuildContext, prepared: Prepared): Promise<void> {
  const { connection, resolved, release, scope, emit, options, journal } = context;
  const { plan, domainTemplate, disk, bootMediumPath } = prepared;
  const texts = templateTexts(plan, resolved, release);
  const metadata = templateMetadata(plan, resolved);
  const xml = templateDomainXml(
    plan,
    { diskPath: await disk.path(), bootMediumPath, metadata, ...texts },
    domainTemplate,
  );
  writeBuildFile(context.directory, buildFiles.templateXml, xml);
  const former = await formerTemplate(connection, plan.names.template, options);
  await using another = await replace(context, xml, former);
  const { disk: diskVolume, bootMedium } = plan.names;
  for (const name of bootMediumPath ? [diskVolume, bootMedium] : [diskVolume])
    scope.keep({ kind: 'volume', pool: plan.pool.name, name });
  const end = former && (await dropFormerDisk(another ?? connection, former, emit));
  if (end) noteFormer(journal, end === 'removed' ? 'gone' : 'keep', former);
}

/**
 * The former template's disk is written down before: once that is replaced, nothing else would lead to it. Gives another connection
 * when the build's own was lost on the way.
 */
async function replace(context: BuildContext, xml: string, former?: Former): Promise<Connection | undefined> {
  const { connection, journal } = context;
  noteFormer(journal, 'make', former);
  try {
    await defineTemplate(connection, xml, former);
    return undefined;
  } catch (error) {
    if (!isConnectionLost(error)) {
      noteFormer(journal, 'keep', former);
      throw error;
    }
    // With the connection the answer may be lost, too, and the template is defined.
    const another = await hostWithTemplate(context);
    if (!another) throw error;
    return another;
  }
}

/** Another connection, if the host has the template of this build by then. */
async function hostWithTemplate({ reconnect, id }: BuildContext): Promise<Connection | undefined> {
  let connection: Connection | undefined;
  try {
    connection = await reconnect?.();
    if (connection && (await templateOfBuild(connection, id))) return connection;
  } catch {
    // The host does not answer: the loss of the connection is what can be said.
  }
  await connection?.close();
  return undefined;
}
