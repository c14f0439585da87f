import type { Appliance } from '../spec/appliance.js';

export type Engine = 'kvm' | 'qemu' | 'xen-pvh' | 'xen-pv' | 'xen-hvm';

export type NetworkChoice =
  | { type: 'user' }
  | { type: 'network'; name: string }
  | { type: 'bridge'; name: string };

/** What will be done, fixed before anything is made outside the process. Plain data (plan.json). */
export interface Plan {
  /** Build id: `<appliance>-<yyyymmdd>-<6 hex>`, in lower case. */
  build: string;
  appliance: Appliance;
  uri: string;
  engine: Engine;
  /** One line for people: why this engine. */
  engineReason: string;
  /** Path of the emulator on the libvirt host, machine type, as its capabilities offer them. */
  emulator?: string;
  machine: string;
  firmware: 'bios';
  pool: { name: string };
  /** Network of the installer guest and of the finished domain. */
  network: { installer: NetworkChoice; final: NetworkChoice };
  /** Factor on all time limits: 1 for hardware virtualisation, 10 for TCG and on hosts that are guests themselves. */
  timeScale: number;
  installer: {
    vcpus: number /** Bytes. */;
    memory: number /** Extra kernel arguments. */;
    kernelArguments: string[];
  };
  /** Names of everything that the build makes on the libvirt host. */
  names: {
    template: string;
    installerDomain: string;
    finisherDomain: string;
    verifyDomain: string;
    /** Volumes. */
    disk: string;
    bootMedium: string;
    kernel: string;
    initrd: string;
    finisherInitrd: string;
    overlay: string;
  };
}

/** What one libvirt host offers, read from its capabilities. */
export interface HypervisorFacts {
  uri: string;
  /** `QEMU`, `Xen`, `TEST`. */
  driver: string;
  /** qemu:///system or root's session, which is the same daemon. */
  privileged: boolean;
  remote: boolean;
  engines: Partial<Record<Engine, { emulator?: string; machine: string }>>;
  /** Outcome of the KVM probe; absent when it has not been asked. `again`: the next build asks it once more, so it decides nothing. */
  kvm?: { works: boolean; reason: string; again?: boolean } | undefined;
  /** The host is a guest itself: its processor has the feature `hypervisor`. */
  nested: boolean;
  hostCpus: number;
  /** Bytes; absent where the host does not say. */
  hostMemory?: number;
  /** `type` is libvirt's: `dir`, `logical`, …; absent where nobody has asked. */
  pools: { name: string; active: boolean; type?: string }[];
  networks: { name: string; active: boolean }[];
  /** Whether QEMU there was built with user networking; absent where libvirt does not say (9.0 does not). */
  userNetwork?: boolean;
}
