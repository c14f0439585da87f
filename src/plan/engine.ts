import { VappError } from '../errors.js';
import type { HypervisorChoice } from '../spec/appliance.js';
import type { Engine, HypervisorFacts } from './plan.js';

export interface ChosenEngine {
  engine: Engine;
  /** One line for people: why this one. */
  reason: string;
}

/**
 * The engine that a build uses. Pure.
 * @throws VappError VAPP_PLAN_ENGINE when the host does not offer what is asked for, VAPP_PLAN_KVM when KVM is asked
 * for and a probe says that it does not work there.
 */
export const chooseEngine = (choice: HypervisorChoice, facts: HypervisorFacts): ChosenEngine =>
  choice === 'auto' ? chooseAutomatically(facts) : insist(choice, facts);

const chooseAutomatically = (facts: HypervisorFacts): ChosenEngine => {
  const { engines } = facts;
  const kvm = decided(facts);
  if (engines.kvm && kvm?.works !== false)
    return {
      engine: 'kvm',
      reason: kvm ? `KVM works: ${kvm.reason}` : 'the host offers KVM; it has not been tried yet',
    };
  if (engines.qemu)
    return {
      engine: 'qemu',
      reason: engines.kvm
        ? `the host offers KVM, but it does not work: ${kvm!.reason}; QEMU emulates the processor instead`
        : 'the host does not offer KVM; QEMU emulates the processor instead',
    };
  const xen = (['xen-pvh', 'xen-hvm', 'xen-pv'] as const).find((engine) => engines[engine]);
  if (xen) return { engine: xen, reason: `the host runs Xen and offers ${offeredBy(facts)}` };
  if (engines.kvm) throw brokenKvm(facts);
  throw new VappError('VAPP_PLAN_ENGINE', `${facts.uri} offers nothing that vapp can build on`, {
    why: `its driver ${facts.driver} offers no guests of type kvm, qemu or xen for x86_64`,
    hint: wayTo('qemu', facts),
  });
};

const insist = (engine: Engine, facts: HypervisorFacts): ChosenEngine => {
  if (!facts.engines[engine])
    throw new VappError('VAPP_PLAN_ENGINE', `${facts.uri} does not offer ${engine}`, {
      why: `it offers ${offeredBy(facts) || 'nothing that vapp can build on'}`,
      hint: wayTo(engine, facts),
    });
  if (engine === 'kvm' && decided(facts)?.works === false) throw brokenKvm(facts);
  return { engine, reason: 'the spec asks for it' };
};

/** What a probe says of KVM, unless the next build tries again. */
const decided = ({ kvm }: HypervisorFacts): HypervisorFacts['kvm'] => (kvm?.again ? undefined : kvm);

const offeredBy = ({ engines }: HypervisorFacts): string => Object.keys(engines).join(', ');

const brokenKvm = ({ kvm, uri }: HypervisorFacts): VappError =>
  new VappError('VAPP_PLAN_KVM', `KVM does not work on ${uri}`, {
    why: kvm?.reason ?? 'it has not been tried',
    hint: 'hypervisor: qemu',
  });

/** What to type to get an engine, or else to do without. */
const wayTo = (engine: Engine, facts: HypervisorFacts): string => {
  const [other] = Object.keys(facts.engines);
  if (engine.startsWith('xen') && other?.startsWith('xen')) return `hypervisor: ${other}`;
  if (engine.startsWith('xen')) return 'connect to a Xen host: vapp --connect xen+ssh://root@HOST/system';
  if (facts.driver.toUpperCase() !== 'QEMU')
    return other ? `hypervisor: ${other}` : 'connect to a QEMU host: vapp --connect qemu:///system';
  if (engine === 'kvm' && other)
    return `hypervisor: ${other}; for KVM the host needs /dev/kvm: lsmod | grep kvm`;
  return 'on the libvirt host: apt install qemu-system-x86, then restart libvirtd';
};
