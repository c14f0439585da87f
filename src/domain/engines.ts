import type { Engine } from '../plan/plan.js';

/** What differs between the engines in a domain document, and how the guest sees it. */
export interface EngineShape {
  domainType: 'kvm' | 'qemu' | 'xen';
  /** Text of `<os><type>`, and the machine that it has unless something else is asked for. */
  osType: 'hvm' | 'linux' | 'xenpvh';
  machine: string;
  bus: 'virtio' | 'xen' | 'ide';
  /** Target name of the disk. */
  disk: string;
  /** The same disk in the guest. */
  guestDisk: string;
  /** The console as a kernel argument, and the device of the second port in the guest. */
  console: string;
  secondPort: string;
  /** How the second port is written: a serial port, or Xen's named channel (a PV guest has one console only). */
  ports: 'serial' | 'xen';
  /** Devices and settings that QEMU has and Xen does not: disk serials, rng, SMBIOS strings, a choice of CPU. */
  qemu: boolean;
}

const qemu: EngineShape = {
  domainType: 'qemu',
  osType: 'hvm',
  machine: 'q35',
  bus: 'virtio',
  disk: 'vda',
  guestDisk: '/dev/vda',
  console: 'console=ttyS0,115200',
  secondPort: '/dev/ttyS1',
  ports: 'serial',
  qemu: true,
};

const xenPv: EngineShape = {
  domainType: 'xen',
  osType: 'linux',
  machine: 'xenpv',
  bus: 'xen',
  disk: 'xvda',
  guestDisk: '/dev/xvda',
  console: 'console=hvc0',
  secondPort: '/dev/hvc1',
  ports: 'xen',
  qemu: false,
};

/** One row per engine. An HVM guest of Xen boots from an emulated hda, and sees it as xvda through its own driver. */
export const engineShapes: Readonly<Record<Engine, EngineShape>> = {
  kvm: { ...qemu, domainType: 'kvm' },
  qemu,
  'xen-pv': xenPv,
  'xen-pvh': { ...xenPv, osType: 'xenpvh', machine: 'xenpvh' },
  'xen-hvm': {
    ...xenPv,
    osType: 'hvm',
    machine: 'xenfv',
    bus: 'ide',
    disk: 'hda',
    console: 'console=ttyS0,115200',
    secondPort: '/dev/ttyS1',
    ports: 'serial',
  },
};
