import { templateDomainXml, type VappMetadata } from '../domain/index.js';
import type { Plan } from '../plan/plan.js';
import type { Release } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import { publishTemplate } from '../template/index.js';
import { version } from '../version.js';
import type { BuildContext } from './context.js';
import type { Prepared } from './prepare.js';
import { buildFiles, writeBuildFile } from './workspace.js';

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
  const { connection, resolved, release, scope, emit, options } = context;
  const { plan, domainTemplate, disk, bootMediumPath } = prepared;
  const texts = templateTexts(plan, resolved, release);
  const metadata = templateMetadata(plan, resolved);
  const xml = templateDomainXml(
    plan,
    { diskPath: await disk.path(), bootMediumPath, metadata, ...texts },
    domainTemplate,
  );
  writeBuildFile(context.directory, buildFiles.templateXml, xml);
  await publishTemplate(connection, { name: plan.names.template, xml, force: options.force, emit });
  const { disk: diskVolume, bootMedium } = plan.names;
  for (const name of bootMediumPath ? [diskVolume, bootMedium] : [diskVolume])
    scope.keep({ kind: 'volume', pool: plan.pool.name, name });
}
