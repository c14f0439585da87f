import { VappError } from '../errors.js';
import type { HypervisorFacts } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import { setMetadata } from './metadata.js';
import { element } from './tree.js';
import { serializeXml } from './xml.js';

export interface ProbeMedia {
  /** Name of the domain. */
  name: string;
  /** Path on the libvirt host. */
  kernelPath: string;
  /** Build id and appliance, for the mark by which a left-over probe is found. */
  build: string;
  appliance: string;
}

/**
 * A KVM guest with a kernel and a serial port, to see whether the kernel says anything at all. It has no root file
 * system: the kernel's panic ends it (panic=-1). Throws VAPP_DOMAIN_PROBE when the host offers no KVM.
 */
export function probeDomainXml(facts: HypervisorFacts, media: ProbeMedia): string {
  const kvm = facts.engines.kvm;
  if (!kvm) throw new VappError('VAPP_DOMAIN_PROBE', `${facts.uri} offers no KVM`);
  const shape = engineShapes.kvm;
  const domain = element(
    'domain',
    { type: shape.domainType },
    element('name', {}, media.name),
    element('memory', { unit: 'MiB' }, '256'),
    element('vcpu', {}, '1'),
    element(
      'os',
      {},
      element('type', { arch: 'x86_64', machine: kvm.machine }, shape.osType),
      element('kernel', {}, media.kernelPath),
      // Without it nothing is printed before the console's driver is there, which nested virtualisation makes a matter of half a minute.
      element('cmdline', {}, `earlyprintk=ttyS0,115200 ${shape.console} panic=-1`),
    ),
    element('features', {}, element('acpi'), element('apic')),
    element('cpu', { mode: 'host-passthrough', check: 'none', migratable: 'on' }),
    ...['on_poweroff', 'on_reboot', 'on_crash'].map((event) => element(event, {}, 'destroy')),
    element(
      'devices',
      {},
      kvm.emulator === undefined ? undefined : element('emulator', {}, kvm.emulator),
      element('serial', { type: 'pty' }, element('target', { port: '0' })),
      element('console', { type: 'pty' }, element('target', { type: 'serial', port: '0' })),
      element('memballoon', { model: 'none' }),
    ),
  );
  setMetadata(domain, { kind: 'build', build: media.build, appliance: media.appliance, os: '' });
  return serializeXml(domain);
}
