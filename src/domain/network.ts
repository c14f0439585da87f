import type { Engine, NetworkChoice } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import { all, element, ensure, first, insert, remove, removeWhere } from './tree.js';
import type { XmlElement } from './xml.js';

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
