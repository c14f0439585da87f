import type { Engine } from '../plan/plan.js';

/** What differs between the engines: the domain's document, how the guest sees it, and what libvirt's driver can do. */
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
  /** The console as a kernel argument, and its terminal in the guest. */
  console: string;
  terminal: string;
  /**
   * Whether the guest has a second port, or one console that carries the lines of the second channel behind a mark
   * (`shared-console.ts`): libvirt's Xen driver opens one console only, and no channel.
   */
  secondPort: boolean;
  /** A serial port, or Xen's own console. */
  port: 'serial' | 'xen';
  /** Devices and settings that QEMU has and Xen does not: disk serials, rng, SMBIOS strings, a choice of CPU. */
  qemu: boolean;
  /** What the domain boots first, a file of a package of the distribution: GRUB where no firmware reads the boot sector. */
  bootMedium?: { package: string; path: string };
  driver: DriverTraits;
}

/** What a driver of libvirt can do. Where it cannot, the way out stands here; its code, where the trait is read. */
export interface DriverTraits {
  /** VIR_DOMAIN_START_AUTODESTROY: the guest dies with our connection. Else `vapp clean` finds it by its tag. */
  autodestroy: boolean;
  /** virDomainScreenshot. Else the console's text has to do. */
  screenshot: boolean;
  /** virDomainOpenConsole takes a device's alias. Else it opens the first console. */
  namedConsoles: boolean;
}

const qemu: EngineShape = {
  domainType: 'qemu',
  osType: 'hvm',
  machine: 'q35',
  bus: 'virtio',
  disk: 'vda',
  guestDisk: '/dev/vda',
  console: 'console=ttyS0,115200',
  terminal: '/dev/ttyS0',
  secondPort: true,
  port: 'serial',
  qemu: true,
  driver: { autodestroy: true, screenshot: true, namedConsoles: true },
};

const xenPv: EngineShape = {
  domainType: 'xen',
  osType: 'linux',
  machine: 'xenpv',
  bus: 'xen',
  disk: 'xvda',
  guestDisk: '/dev/xvda',
  console: 'console=hvc0',
  terminal: '/dev/hvc0',
  secondPort: false,
  port: 'xen',
  qemu: false,
  driver: { autodestroy: false, screenshot: false, namedConsoles: false },
};

/** One row per engine. An HVM guest of Xen boots from an emulated hda, and sees it as xvda through its own driver. */
export const engineShapes: Readonly<Record<Engine, EngineShape>> = {
  kvm: { ...qemu, domainType: 'kvm' },
  qemu,
  'xen-pv': xenPv,
  'xen-pvh': {
    ...xenPv,
    osType: 'xenpvh',
    machine: 'xenpvh',
    bootMedium: { package: 'grub-xen-host', path: 'usr/lib/grub-xen/grub-i386-xen_pvh.bin' },
  },
  'xen-hvm': {
    ...xenPv,
    osType: 'hvm',
    machine: 'xenfv',
    bus: 'ide',
    disk: 'hda',
  },
};
