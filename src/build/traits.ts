import type { Engine } from '../plan/plan.js';

/** What a libvirt driver lacks or does otherwise; a way out for each stands where the trait is read. */
export interface EngineTraits {
  /** VIR_DOMAIN_START_AUTODESTROY: the guest dies with our connection. Without it leftovers are found by tag. */
  autodestroy: boolean;
  /** virDomainScreenshot. */
  screenshot: boolean;
  /** Target of the system disk. */
  disk: 'vda' | 'xvda';
  /** Device of the installer's disk inside the guest. */
  diskDevice: string;
}

const qemu: EngineTraits = { autodestroy: true, screenshot: true, disk: 'vda', diskDevice: '/dev/vda' };
const xen: EngineTraits = { autodestroy: false, screenshot: false, disk: 'xvda', diskDevice: '/dev/xvda' };

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
