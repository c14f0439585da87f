import type { Engine } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import type { DiskFormat } from './storage.js';
import { element, elements, ensure, first, insert, remove, setAttributes } from './tree.js';
import { parseXml, type XmlElement } from './xml.js';

export interface Disk {
  path: string;
  /** The path is that of a block device, which QEMU opens as nothing else. */
  block?: boolean;
  format: DiskFormat;
  cache?: 'unsafe';
  /** Shown to the guest, which finds the disk by it (QEMU only). */
  serial?: string;
  /** Changes are thrown away when the domain stops. */
  transient?: boolean;
}

/** A hard disk, not a medium. */
export const isDisk = (device: XmlElement): boolean =>
  device.name === 'disk' && (device.attributes.device ?? 'disk') === 'disk';

/** Xen attaches raw files by a loop device (phy), other formats through a QEMU in dom0. */
const driverName = (engine: Engine, format: DiskFormat): string =>
  !engineShapes[engine].qemu && format === 'raw' ? 'phy' : 'qemu';

function fillDisk(disk: XmlElement, engine: Engine, o: Disk): void {
  const [type, attribute] = o.block ? ['block', 'dev'] : ['file', 'file'];
  setAttributes(disk, { type, device: 'disk' });
  const fromTemplate = first(disk, 'driver')?.attributes ?? {};
  remove(disk, 'source', 'backingStore', 'serial', 'transient', 'readonly', 'shareable', 'mirror', 'auth');
  const driver = first(disk, 'driver') ?? element('driver');
  setAttributes(driver, {
    name: driverName(engine, o.format),
    type: o.format,
    // How Xen's back ends cache is not for the document to say.
    cache: engineShapes[engine].qemu ? (o.cache ?? fromTemplate.cache) : undefined,
    // QEMU has native I/O only without the host's cache.
    io: o.cache ? undefined : fromTemplate.io,
  });
  if (!first(disk, 'driver')) insert(disk, driver);
  insert(disk, element('source', { [attribute]: o.path }));
  if (o.transient) insert(disk, element('transient'));
  if (o.serial !== undefined && engineShapes[engine].qemu) insert(disk, element('serial', {}, o.serial));
}

function newDisk(engine: Engine, target: { disk: string; bus: string } = engineShapes[engine]): XmlElement {
  return element('disk', {}, element('target', { dev: target.disk, bus: target.bus }));
}

/** A second disk, on the first one's bus. */
export function addDisk(domain: XmlElement, engine: Engine, o: Disk): void {
  const devices = ensure(domain, 'devices');
  const main = first(elements(devices).find(isDisk), 'target')?.attributes;
  const { disk, bus } = engineShapes[engine];
  const name = (main?.dev ?? disk).replace(/[a-z]$/, 'b');
  const added = insert(devices, newDisk(engine, { disk: name, bus: main?.bus ?? bus }));
  fillDisk(added, engine, o);
}

/** The first disk of the template, added when it has none; its bus and other settings stay. */
export function setDisk(domain: XmlElement, engine: Engine, o: Disk): void {
  const devices = ensure(domain, 'devices');
  let disk = elements(devices).find(isDisk);
  if (!disk) {
    disk = insert(devices, newDisk(engine));
    if (engineShapes[engine].qemu) insert(disk, element('driver', { discard: 'unmap' }));
  }
  fillDisk(disk, engine, o);
}

/** Where a domain's disk comes from. */
export interface DiskSource {
  /** A file or a block device on the libvirt host. */
  path?: string;
  /** Or a volume. */
  pool?: string;
  volume?: string;
  /** As its driver takes it: `raw`, `qcow2`, … */
  format?: string;
}

/** The paths of everything that a domain's disks read: their files and devices, and what those are laid over as far as the document has it. Pure. Throws VAPP_DOMAIN_XML. */
export function diskPaths(domainXml: string): string[] {
  const devices = first(parseXml(domainXml), 'devices');
  return devices ? elements(devices).filter(isDisk).flatMap(sourcesOf) : [];
}

function sourcesOf(layer: XmlElement): string[] {
  const { file, dev } = first(layer, 'source')?.attributes ?? {};
  const below = first(layer, 'backingStore');
  return [file, dev, ...(below ? sourcesOf(below) : [])].filter((path) => path !== undefined);
}

/** The first disk of a domain's document, a medium apart; undefined when it has none. Pure. Throws VAPP_DOMAIN_XML. */
export function firstDisk(domainXml: string): DiskSource | undefined {
  const devices = first(parseXml(domainXml), 'devices');
  const disk = devices && elements(devices).find(isDisk);
  if (!disk) return undefined;
  const { file, dev, pool, volume } = first(disk, 'source')?.attributes ?? {};
  const format = first(disk, 'driver')?.attributes.type;
  const path = file ?? dev;
  return {
    ...(path && { path }),
    ...(pool && { pool }),
    ...(volume && { volume }),
    ...(format && { format }),
  };
}
