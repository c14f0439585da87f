import { VappError } from '../errors.js';
import type { Engine, Plan } from '../plan/plan.js';
import { releases } from '../releases.js';
import { engineShapes } from './engines.js';
import { element, ensure, first, insert, remove, setAttributes, setText, textOf } from './tree.js';
import type { XmlElement } from './xml.js';

/** libvirt names files after domains and prints titles on one line. */
function oneLine(what: string, text: string, more: RegExp = /[\r\n]/): string {
  if (text !== '' && !more.test(text)) return text;
  throw new VappError('VAPP_DOMAIN_TEXT', `${JSON.stringify(text)} cannot be the ${what} of a domain`, {
    why: 'it is empty, or has a character that libvirt does not take there',
    hint: `Choose another ${what}.`,
  });
}

export interface Identity {
  name: string;
  title?: string;
  description?: string;
}

/** Name, title and description; libvirt chooses a new UUID. */
export function setIdentity(domain: XmlElement, o: Identity): void {
  delete domain.attributes.id;
  remove(domain, 'uuid', 'genid');
  setText(domain, 'name', oneLine('name', o.name, /[\r\n/]/));
  setText(domain, 'title', o.title === undefined ? undefined : oneLine('title', o.title));
  setText(domain, 'description', o.description);
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** Memory in bytes (rounded up to KiB, which is what libvirt counts in) and number of virtual CPUs. */
export function setSize(domain: XmlElement, o: { memory: number; vcpus: number }): void {
  const [unit, size] = o.memory % mebibyte === 0 ? ['MiB', mebibyte] : ['KiB', kibibyte];
  remove(domain, 'currentMemory', 'maxMemory');
  setText(domain, 'memory', String(Math.ceil(o.memory / size)));
  setAttributes(ensure(domain, 'memory'), { unit });
  setText(domain, 'vcpu', String(o.vcpus));
  setAttributes(ensure(domain, 'vcpu'), { current: undefined });
  const cpu = first(domain, 'cpu');
  // A topology for another number of CPUs is an error to libvirt.
  if (cpu) remove(cpu, 'topology', 'numa');
}

/** Domain type, machine, emulator and CPU. A user's own machine and CPU stay, as far as the engine can have them. */
export function setEngine(domain: XmlElement, plan: Plan): void {
  const shape = engineShapes[plan.engine];
  domain.attributes.type = shape.domainType;
  const type = ensure(ensure(domain, 'os'), 'type');
  if (textOf(type) === '') type.children = [shape.osType];
  const machine = type.attributes.machine;
  setAttributes(type, {
    arch: type.attributes.arch ?? 'x86_64',
    machine: machine === undefined || machine === shape.machine ? plan.machine : machine,
  });
  if (!shape.qemu) return;
  if (plan.emulator) setText(ensure(domain, 'devices'), 'emulator', plan.emulator);
  setCpu(domain, shape.domainType === 'kvm' ? 'host-passthrough' : 'maximum');
}

function setCpu(domain: XmlElement, mode: 'host-passthrough' | 'maximum'): void {
  const cpu = first(domain, 'cpu');
  // The host's own CPU can only be passed on by hardware virtualisation.
  const impossible = mode === 'maximum' && cpu?.attributes.mode === 'host-passthrough';
  if (cpu && !impossible) return;
  remove(domain, 'cpu');
  insert(domain, element('cpu', { mode, check: 'none', migratable: 'on' }));
}

/** What becomes of the domain when its guest powers off, reboots or crashes. */
export function setLifecycle(
  domain: XmlElement,
  o: { poweroff?: string; reboot?: string; crash?: string },
): void {
  if (o.poweroff) setText(domain, 'on_poweroff', o.poweroff);
  if (o.reboot) setText(domain, 'on_reboot', o.reboot);
  if (o.crash) setText(domain, 'on_crash', o.crash);
}

export interface DirectBoot {
  kernel: string;
  initrd?: string;
  cmdline: string;
}

/** Boots this kernel instead of whatever the template boots. */
export function setDirectBoot(domain: XmlElement, boot: DirectBoot): void {
  const os = ensure(domain, 'os');
  remove(domain, 'bootloader', 'bootloader_args');
  remove(os, 'boot', 'bootmenu', 'bios');
  setText(os, 'kernel', boot.kernel);
  setText(os, 'initrd', boot.initrd);
  setText(os, 'cmdline', oneLine('kernel command line', boot.cmdline));
}

/** Boots GRUB from a volume, in place of the file of the host that our template names; what a user's template boots stays. */
export function setBootMedium(domain: XmlElement, engine: Engine, path: string): void {
  const medium = engineShapes[engine].bootMedium;
  const os = ensure(domain, 'os');
  const kernel = textOf(first(os, 'kernel') ?? element('kernel'));
  if (medium && (kernel === '' || kernel === `/${medium.path}`)) setText(os, 'kernel', path);
}

/** The libosinfo id of the appliance's release; undefined for one that vapp has no data of. */
export const osinfoOf = (plan: Plan): string | undefined => releases[plan.appliance.os]?.libosinfo;
