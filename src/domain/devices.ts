import type { Engine } from '../plan/plan.js';
import { isDisk } from './disks.js';
import { engineShapes } from './engines.js';
import { element, elements, ensure, first, insert, remove, removeWhere } from './tree.js';
import type { XmlElement } from './xml.js';

/** Takes away all that a guest of a build has no use for and must not touch: media, further disks, host devices. */
export function keepMainDisk(domain: XmlElement): void {
  const devices = ensure(domain, 'devices');
  const main = elements(devices).find(isDisk);
  removeWhere(devices, (device) => device.name === 'disk' && device !== main);
  remove(devices, 'hostdev', 'filesystem', 'redirdev', 'hub', 'smartcard', 'channel', 'shmem', 'watchdog');
}

const isUsb = (device: XmlElement): boolean =>
  device.attributes.bus === 'usb' || (device.name === 'controller' && device.attributes.type === 'usb');

/**
 * libvirt gives a QEMU guest a USB controller unless it is told not to. A guest of a build has nothing to plug in, and
 * d-i would load drivers and install usbutils for it (hw-detect).
 */
export function removeUsb(domain: XmlElement, engine: Engine): void {
  const devices = ensure(domain, 'devices');
  removeWhere(devices, isUsb);
  if (engineShapes[engine].qemu)
    insert(devices, element('controller', { type: 'usb', index: '0', model: 'none' }));
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
