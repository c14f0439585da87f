import { engineShapes, installerDomainXml, loadTemplate, templateDomainXml } from '../domain/index.js';
import type { Connection } from '../libvirt/index.js';
import { makePlan } from '../plan/index.js';
import type { Plan } from '../plan/plan.js';
import { compilePreseed, renderPreseed } from '../preseed/index.js';
import { releases } from '../releases.js';
import type { ResolvedSpec } from '../spec/appliance.js';
import type { BuildOptions } from './context.js';
import { hypervisorFacts } from './host/host.js';
import { imageDirectory, poolDirectory } from './host/xml.js';
import { templateMetadata, templateTexts } from './stages/publish.js';

/** The proxy that a build would start gets a free port of its own; a compiled preseed shows this one. */
const shownProxy = 'http://10.0.2.2:3142';

export interface Compiled {
  plan: Plan;
  /** File name → content. */
  files: Record<string, string>;
}

/** Compiles a spec for a host without making anything there: the functions that a build uses, with the paths that volumes would get. */
export async function compile(
  resolved: ResolvedSpec,
  connection: Connection,
  o: { id: string; options: BuildOptions },
): Promise<Compiled> {
  const release = releases[resolved.appliance.os]!;
  const { pool, network, name, proxyAddress, domainTemplate } = o.options;
  const facts = await hypervisorFacts(connection);
  const plan = makePlan(resolved.appliance, facts, {
    build: o.id,
    ...(pool && { pool }),
    ...(network && { network }),
    ...(name && { name }),
    ...(proxyAddress && { proxyAddress }),
  });
  const template = await loadTemplate(plan.engine, domainTemplate);
  const directory =
    (await poolDirectory(connection, plan.pool.name)) ??
    imageDirectory(facts) ??
    '~/.local/share/libvirt/images';
  const path = (volume: string): string => `${directory}/${volume}`;
  const { kernel, initrd, disk, bootMedium } = plan.names;
  const preseed = compilePreseed(plan.appliance, {
    proxy: shownProxy,
    release,
    disk: engineShapes[plan.engine].guestDisk,
  });
  const media = { kernelPath: path(kernel), initrdPath: path(initrd), diskPath: path(disk) };
  const metadata = templateMetadata(plan, resolved);
  return {
    plan,
    files: {
      'preseed.cfg': renderPreseed(preseed),
      'installer.xml': installerDomainXml(plan, media, template),
      'template.xml': templateDomainXml(
        plan,
        {
          diskPath: path(disk),
          bootMediumPath: path(bootMedium),
          metadata,
          ...templateTexts(plan, resolved, release),
        },
        template,
      ),
      'plan.json': `${JSON.stringify(plan, null, 2)}\n`,
    },
  };
}
