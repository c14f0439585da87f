import type { Engine, NetworkChoice } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import type { DiskFormat } from './storage.js';
import { all, element, elements, ensure, first, insert, remove, removeWhere, setAttributes } from './tree.js';
import type { XmlElement } from './xml.js';

export interface Disk {
  path: string;
  format: DiskFormat;
  cache?: 'unsafe';
  /** Shown to the guest, which finds the disk by it (QEMU only). */
  serial?: string;
  /** Changes are thrown away when the domain stops. */
  transient?: boolean;
  readonly?: boolean;
}

const isDisk = (device: XmlElement): boolean =>
  device.name === 'disk' && (device.attributes.device ?? 'disk') === 'disk';

/** Xen attaches raw files by a loop device (phy), other formats through a QEMU in dom0. */
const driverName = (engine: Engine, format: DiskFormat): string =>
  !engineShapes[engine].qemu && format === 'raw' ? 'phy' : 'qemu';

function fillDisk(disk: XmlElement, engine: Engine, o: Disk): void {
  setAttributes(disk, { type: 'file', device: 'disk' });
  const fromTemplate = first(disk, 'driver')?.attributes ?? {};
  remove(disk, 'source', 'backingStore', 'serial', 'transient', 'readonly', 'shareable', 'mirror', 'auth');
  const driver = first(disk, 'driver') ?? element('driver');
  setAttributes(driver, {
    name: driverName(engine, o.format),
    type: o.format,
    cache: o.cache ?? fromTemplate.cache,
    // QEMU has native I/O only without the host's cache.
    io: o.cache ? undefined : fromTemplate.io,
  });
  if (!first(disk, 'driver')) insert(disk, driver);
  insert(disk, element('source', { file: o.path }));
  if (o.readonly) insert(disk, element('readonly'));
  if (o.transient) insert(disk, element('transient'));
  if (o.serial !== undefined && engineShapes[engine].qemu) insert(disk, element('serial', {}, o.serial));
}

function newDisk(engine: Engine, nth: 0 | 1): XmlElement {
  const shape = engineShapes[engine];
  return element('disk', {}, element('target', { dev: shape.disks[nth], bus: shape.bus }));
}

/** The first disk of the template, added when it has none; its bus and other settings stay. */
export function setDisk(domain: XmlElement, engine: Engine, o: Disk): void {
  const devices = ensure(domain, 'devices');
  let disk = elements(devices).find(isDisk);
  if (!disk) {
    disk = insert(devices, newDisk(engine, 0));
    if (engineShapes[engine].qemu) insert(disk, element('driver', { discard: 'unmap' }));
  }
  fillDisk(disk, engine, o);
}

/** A second, read-only disk with the base system's packages. */
export function addBaseDisk(domain: XmlElement, engine: Engine, path: string): void {
  const disk = newDisk(engine, 1);
  fillDisk(disk, engine, { path, format: 'raw', serial: 'vapp-base', readonly: true });
  insert(ensure(domain, 'devices'), disk);
}

/** Takes away all that a guest of a build has no use for and must not touch: media, further disks, host devices. */
export function keepMainDisk(domain: XmlElement): void {
  const devices = ensure(domain, 'devices');
  const main = elements(devices).find(isDisk);
  removeWhere(devices, (device) => device.name === 'disk' && device !== main);
  remove(devices, 'hostdev', 'filesystem', 'redirdev', 'channel', 'shmem', 'watchdog');
}

/** Parts of an interface that do not depend on what it is connected to. */
const independent = ['model', 'driver', 'boot', 'rom', 'mtu', 'address'];

/** Connects the first interface (added when there is none) and takes its address away: libvirt makes a new one. */
export function setInterface(domain: XmlElement, engine: Engine, network: NetworkChoice): void {
  const devices = ensure(domain, 'devices');
  const model = engineShapes[engine].qemu ? element('model', { type: 'virtio' }) : undefined;
  const nic = first(devices, 'interface') ?? insert(devices, element('interface', {}, model));
  nic.attributes = { type: network.type };
  removeWhere(nic, (child) => !independent.includes(child.name));
  if (network.type === 'network') insert(nic, element('source', { network: network.name }));
  if (network.type === 'bridge') insert(nic, element('source', { bridge: network.name }));
  for (const other of all(devices, 'interface')) remove(other, 'mac');
}

/** Leaves the first interface only. */
export function keepFirstInterface(domain: XmlElement): void {
  const devices = ensure(domain, 'devices');
  const nic = first(devices, 'interface');
  removeWhere(devices, (device) => device.name === 'interface' && device !== nic);
}

export const removeInterfaces = (domain: XmlElement): void => remove(ensure(domain, 'devices'), 'interface');

/**
 * One or two text ports on pseudo-terminals, in place of those of the template. libvirt's console is the first port;
 * the second is `serial1` to virDomainOpenConsole, or Xen's channel of that name.
 */
export function setPorts(domain: XmlElement, engine: Engine, second?: 'syslog' | 'report'): void {
  const devices = ensure(domain, 'devices');
  const xen = engineShapes[engine].ports === 'xen';
  remove(devices, 'serial', 'console');
  insert(
    devices,
    element('console', { type: 'pty' }, element('target', { type: xen ? 'xen' : 'serial', port: '0' })),
  );
  if (xen) {
    if (second)
      insert(
        devices,
        element('channel', { type: 'pty' }, element('target', { type: 'xen', name: `org.vapp.${second}` })),
      );
    return;
  }
  for (const port of second ? ['0', '1'] : ['0'])
    insert(devices, element('serial', { type: 'pty' }, element('target', { port })));
}

/** A console is needed to see the machine boot; the template's own stays. */
export function ensureConsole(domain: XmlElement, engine: Engine): void {
  const devices = ensure(domain, 'devices');
  if (!first(devices, 'serial') && !first(devices, 'console')) setPorts(domain, engine);
}

/** Randomness for the guest, without which a fresh one waits when it makes keys. */
export function ensureRng(domain: XmlElement, engine: Engine): void {
  const devices = ensure(domain, 'devices');
  if (!engineShapes[engine].qemu || first(devices, 'rng')) return;
  insert(
    devices,
    element('rng', { model: 'virtio' }, element('backend', { model: 'random' }, '/dev/urandom')),
  );
}
