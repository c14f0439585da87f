import type { XmlElement } from './xml.js';

/** Makes an element. Attributes that are undefined and children that are undefined are left out. */
export function element(
  name: string,
  attributes: Record<string, string | undefined> = {},
  ...children: (XmlElement | string | undefined)[]
): XmlElement {
  const given = Object.entries(attributes).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return {
    name,
    attributes: Object.fromEntries(given),
    children: children.filter((child) => child !== undefined),
  };
}

const isElement = (child: XmlElement | string): child is XmlElement => typeof child !== 'string';

export const elements = (parent: XmlElement): XmlElement[] => parent.children.filter(isElement);

export const all = (parent: XmlElement, name: string): XmlElement[] =>
  elements(parent).filter((child) => child.name === name);

export const first = (parent: XmlElement | undefined, name: string): XmlElement | undefined =>
  parent && elements(parent).find((child) => child.name === name);

export const textOf = (parent: XmlElement | undefined): string =>
  parent?.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim() ?? '';

/** Takes away every child for which `unwanted` holds. */
export function removeWhere(parent: XmlElement, unwanted: (child: XmlElement) => boolean): void {
  parent.children = parent.children.filter((child) => !isElement(child) || !unwanted(child));
}

export const remove = (parent: XmlElement, ...names: string[]): void =>
  removeWhere(parent, (child) => names.includes(child.name));

/**
 * The order in which libvirt itself writes the children of these elements (libvirt's domain_conf.c). Documents of
 * vapp keep to it, so that they compare line by line with `virsh dumpxml`.
 */
const orders: Record<string, string[]> = {
  domain: (
    'name uuid genid title description metadata maxMemory memory currentMemory memoryBacking memtune vcpu iothreads ' +
    'cputune resource sysinfo bootloader bootloader_args os features cpu clock on_poweroff on_reboot on_crash ' +
    'pm devices seclabel'
  ).split(' '),
  os: 'type loader nvram kernel initrd cmdline boot bootmenu bios smbios'.split(' '),
  devices: (
    'emulator disk controller filesystem interface serial console channel input tpm graphics audio video hostdev ' +
    'watchdog memballoon rng'
  ).split(' '),
  disk: 'driver source backingStore target iotune readonly shareable transient serial boot address'.split(
    ' ',
  ),
  interface: 'mac source target model driver mtu boot address'.split(' '),
};

/** Adds a child at its place: behind the last child that does not come after it. */
export function insert(parent: XmlElement, child: XmlElement): XmlElement {
  const order = orders[parent.name] ?? [];
  const rank = order.indexOf(child.name);
  const later = (other: XmlElement | string): boolean => isElement(other) && order.indexOf(other.name) > rank;
  const at = rank < 0 ? -1 : parent.children.findIndex(later);
  parent.children.splice(at < 0 ? parent.children.length : at, 0, child);
  return child;
}

/** The first child of that name; made when there is none. */
export const ensure = (parent: XmlElement, name: string): XmlElement =>
  first(parent, name) ?? insert(parent, element(name));

/** Makes the child of that name hold exactly this text; undefined takes the child away. */
export function setText(parent: XmlElement, name: string, text: string | undefined): void {
  if (text === undefined) remove(parent, name);
  else ensure(parent, name).children = text === '' ? [] : [text];
}

/** Sets attributes; an undefined one is taken away. */
export function setAttributes(target: XmlElement, values: Record<string, string | undefined>): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete target.attributes[key];
    else target.attributes[key] = value;
  }
}
