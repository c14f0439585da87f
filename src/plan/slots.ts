import type { Appliance } from '../spec/appliance.js';
import { installerMemory, installerVcpus } from './make-plan.js';
import type { HypervisorFacts } from './plan.js';

const MiB = 1024 ** 2;

/** What QEMU takes besides its guest's memory; under emulation the translated code. */
const overhead = 256 * MiB;

/** The share of a host's memory that builds may take together. */
const share = 0.75;

/**
 * How many builds like this one may run at once, at least one: no processor is promised twice, and there is memory for each. Pure.
 */
export function slotsFor(appliance: Pick<Appliance, 'memory'>, facts: HypervisorFacts): number {
  const byProcessors = Math.floor(facts.hostCpus / installerVcpus(facts));
  const need = Math.max(appliance.memory, installerMemory(appliance)) + overhead;
  const byMemory =
    facts.hostMemory === undefined ? byProcessors : Math.floor((facts.hostMemory * share) / need);
  return Math.max(1, Math.min(byProcessors, byMemory));
}
