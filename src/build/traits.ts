import type { Engine } from '../plan/plan.js';

/** What a libvirt driver lacks or does otherwise; a way out for each stands where the trait is read. */
export interface EngineTraits {
  /** VIR_DOMAIN_START_AUTODESTROY: the guest dies with our connection. Without it leftovers are found by tag. */
  autodestroy: boolean;
  /** virDomainScreenshot. */
  screenshot: boolean;
}

const qemu: EngineTraits = { autodestroy: true, screenshot: true };
const xen: EngineTraits = { autodestroy: false, screenshot: false };

export const engineTraits: Readonly<Record<Engine, EngineTraits>> = {
  kvm: qemu,
  qemu,
  'xen-pvh': xen,
  'xen-pv': xen,
  'xen-hvm': xen,
};

/** Whether a guest dies with our connection: not where the driver cannot do it, nor where `--keep` wants it left to look at. */
export const diesWithUs = (engine: Engine, { keep }: { keep: boolean }): boolean =>
  engineTraits[engine].autodestroy && !keep;
