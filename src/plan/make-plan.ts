import type { Appliance } from '../spec/appliance.js';
import { chooseEngine } from './engine.js';
import { namesFor } from './names.js';
import { chooseNetworks } from './network.js';
import type { Engine, HypervisorFacts, Plan } from './plan.js';
import { choosePool } from './pool.js';

export interface PlanOptions {
  /** Build id. */
  build: string;
  /** Storage pool; default `default`, which a build makes when it is missing. */
  pool?: string;
  /** `user`, the name of a libvirt network, or `bridge:NAME`. */
  network?: string;
  /** Address of the package proxy that the user names. */
  proxyAddress?: string;
  /** Name of the template; default the appliance's. */
  name?: string;
}

const GiB = 1024 ** 3;

/**
 * What an installation costs under emulation is the start of processes. With address space randomisation QEMU before 10
 * translates each program anew at every start: four to six times the cost. The next two save a few percent. A real
 * processor has none of this. `no_timer_check` (Linux, admin-guide/kernel-parameters): on a host with more to do than it
 * can, a kernel that counts ticks of its timer finds too few and panics. `loglevel`: the kernel's own messages, which are in
 * the log as well, cost a minute of a nested guest, which leaves for the host with each byte.
 */
const emulationArguments = [
  'norandmaps',
  'ipv6.disable=1',
  'mitigations=off',
  'no_timer_check',
  'loglevel=4',
];

/** A host that is a guest itself may be an emulated one, and then its hardware virtualisation is, too. */
const mayBeEmulated = (engine: Engine, { nested }: HypervisorFacts): boolean => engine === 'qemu' || nested;

/** An emulated processor is about ten times slower than a real one. */
const timeScaleOf = (engine: Engine, facts: HypervisorFacts): number =>
  mayBeEmulated(engine, facts) ? 10 : 1;

/** dpkg and its compressors use a second processor, not a third. */
export const installerVcpus = ({ hostCpus }: Pick<HypervisorFacts, 'hostCpus'>): number =>
  Math.max(1, Math.min(2, hostCpus));

/**
 * Bytes. The installer's files and the packages of the base system are in the guest's memory, for which 1 GiB is enough; more
 * than 2 GiB brings nothing.
 */
export const installerMemory = ({ memory }: Pick<Appliance, 'memory'>): number =>
  Math.min(Math.max(memory, GiB), 2 * GiB);

const installerOf = (appliance: Appliance, engine: Engine, facts: HypervisorFacts): Plan['installer'] => ({
  vcpus: installerVcpus(facts),
  memory: installerMemory(appliance),
  kernelArguments: mayBeEmulated(engine, facts) ? [...emulationArguments] : [],
});

/**
 * Fixes what a build will do on a host. Pure.
 * @throws VappError VAPP_PLAN_ENGINE, VAPP_PLAN_KVM, VAPP_PLAN_NETWORK, VAPP_PLAN_POOL, VAPP_PLAN_NAME
 */
export const makePlan = (appliance: Appliance, facts: HypervisorFacts, options: PlanOptions): Plan => {
  const { engine, reason } = chooseEngine(appliance.hypervisor, facts);
  const { emulator, machine } = facts.engines[engine]!;
  return {
    build: options.build,
    appliance,
    uri: facts.uri,
    engine,
    engineReason: reason,
    ...(emulator !== undefined && { emulator }),
    machine,
    firmware: 'bios',
    pool: choosePool(facts, options.pool),
    network: chooseNetworks(engine, facts, options.network, options.proxyAddress),
    timeScale: timeScaleOf(engine, facts),
    installer: installerOf(appliance, engine, facts),
    names: namesFor(options.build, options.name ?? appliance.appliance),
  };
};
