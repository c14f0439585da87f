import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { engineShapes, installerDomainXml, loadTemplate, templateDomainXml } from '../src/domain/index.js';
import { makePlan } from '../src/plan/index.js';
import type { Engine, HypervisorFacts } from '../src/plan/plan.js';
import { compilePreseed, renderPreseed } from '../src/preseed/index.js';
import { releases } from '../src/releases.js';
import { parseSpec, type ResolvedSpec } from '../src/spec/index.js';
import { ed25519, host } from './spec/helpers.js';

export const goldenDirectory = new URL('golden/', import.meta.url);
const specDirectory = new URL('../specs/', import.meta.url);

export const engines = Object.keys(engineShapes) as Engine[];
export const specNames = readdirSync(specDirectory)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length));

/** A spec of specs/, read on a host that has one ssh key and a mirror. */
export function readSpec(name: string): ResolvedSpec {
  const text = readFileSync(new URL(`${name}.yaml`, specDirectory), 'utf8');
  const file = `/specs/${name}.yaml`;
  const apt = '/etc/apt/sources.list';
  return parseSpec(
    file,
    text,
    host({
      mirror: { uri: 'http://mirror.example/debian', from: apt },
      securityMirror: { uri: 'http://mirror.example/debian-security', from: apt },
      readText: (path) => (path === '/home/ann/.ssh/id_ed25519.pub' ? `${ed25519}\n` : undefined),
      fileSize: () => 1,
    }),
  );
}

/** A host that offers one engine. */
const factsFor = (engine: Engine): HypervisorFacts => {
  const { qemu, machine } = engineShapes[engine];
  return {
    uri: qemu ? 'qemu:///system' : 'xen:///system',
    driver: qemu ? 'QEMU' : 'Xen',
    privileged: true,
    remote: false,
    engines: { [engine]: { ...(qemu && { emulator: '/usr/bin/qemu-system-x86_64' }), machine } },
    ...(engine === 'kvm' && { kvm: { works: true, reason: 'a kernel boots' } }),
    nested: false,
    hostCpus: 4,
    pools: [{ name: 'default', active: true }],
    networks: ['default', 'lan'].map((name) => ({ name, active: true })),
  };
};

/** Networks as three hosts may have them, so that the goldens show each kind. */
const networks: Partial<Record<Engine, string>> = { kvm: 'lan', 'xen-pvh': 'bridge:br0' };

/** The engines that a spec may be built for. */
export const enginesOf = ({ appliance }: ResolvedSpec): Engine[] =>
  engines.filter((engine) => appliance.hypervisor === 'auto' || appliance.hypervisor === engine);

/** What is compiled of a spec for an engine, by file name; nothing of it depends on the time or on this machine. */
export function compileGolden(resolved: ResolvedSpec, engine: Engine): Record<string, string> {
  const { appliance } = resolved;
  const digest = createHash('sha256').update(appliance.appliance).digest('hex').slice(0, 6);
  const network = networks[engine];
  const plan = makePlan(appliance, factsFor(engine), {
    build: `${appliance.appliance}-20250102-${digest}`,
    ...(network !== undefined && { network }),
  });
  const release = releases[appliance.os]!;
  const preseed = compilePreseed(appliance, {
    proxy: 'http://10.0.2.2:3142',
    release,
    disk: engineShapes[engine].guestDisk,
  });
  const path = (volume: string): string => `/var/lib/libvirt/images/${volume}`;
  const { kernel, initrd, disk, bootMedium } = plan.names;
  const media = { kernelPath: path(kernel), initrdPath: path(initrd), diskPath: path(disk) };
  const template = loadTemplate(engine);
  const metadata = {
    kind: 'template' as const,
    build: plan.build,
    appliance: appliance.appliance,
    os: appliance.os,
    spec: resolved.sha256,
    version: '0.0.0',
    pool: plan.pool.name,
    volume: disk,
  };
  const texts = { title: `${appliance.appliance}: ${release.title}`, description: `From ${resolved.file}.` };
  return {
    'preseed.cfg': renderPreseed(preseed),
    'installer.xml': installerDomainXml(plan, media, template),
    'template.xml': templateDomainXml(
      plan,
      { diskPath: path(disk), bootMediumPath: path(bootMedium), metadata, ...texts },
      template,
    ),
  };
}
