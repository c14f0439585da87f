import { readFileSync } from 'node:fs';
import { VappError } from '../../src/errors.js';
import type { HypervisorSources } from '../../src/plan/index.js';
import type { HypervisorFacts } from '../../src/plan/plan.js';

export const fixture = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}.xml`, import.meta.url), 'utf8');

export const sources = (more: Partial<HypervisorSources> = {}): HypervisorSources => ({
  uri: 'qemu:///system',
  driver: 'QEMU',
  capabilities: fixture('capabilities-qemu'),
  uid: 0,
  ...more,
});

const q35 = { emulator: '/usr/bin/qemu-system-x86_64', machine: 'q35' };

export const facts = (more: Partial<HypervisorFacts> = {}): HypervisorFacts => ({
  uri: 'qemu:///system',
  driver: 'QEMU',
  privileged: true,
  remote: false,
  engines: { kvm: q35, qemu: q35 },
  nested: false,
  hostCpus: 4,
  pools: [],
  networks: [],
  ...more,
});

export const xenFacts = (more: Partial<HypervisorFacts> = {}): HypervisorFacts =>
  facts({
    uri: 'xen:///system',
    driver: 'Xen',
    engines: {
      'xen-pvh': { machine: 'xenpvh' },
      'xen-pv': { machine: 'xenpv' },
      'xen-hvm': { machine: 'xenfv' },
    },
    networks: [{ name: 'default', active: true }],
    ...more,
  });

/** The VappError that a call throws. */
export const thrownBy = (call: () => unknown): VappError => {
  try {
    call();
  } catch (error) {
    if (error instanceof VappError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};
