import type { Plan } from '../plan/plan.js';
import { sharedConsoleArgument } from '../shared-console.js';
import { ensureRng, keepMainDisk, removeUsb } from './devices.js';
import { addDisk, setDisk } from './disks.js';
import { engineShapes } from './engines.js';
import { setBuildMetadata } from './mark.js';
import { keepFirstInterface, removeInterfaces, setInterface } from './network.js';
import { setPorts } from './ports.js';
import * as set from './setters.js';
import type { DiskFormat } from './storage.js';
import { parseTemplate } from './template.js';
import { serializeXml, type XmlElement } from './xml.js';

/** Paths on the libvirt host, of volumes. */
export interface BuildMedia {
  kernelPath: string;
  initrdPath: string;
  diskPath: string;
  /** Default `qcow2`. */
  diskFormat?: DiskFormat;
  /** Default: it is a file. */
  diskIsBlock?: boolean;
}

/** A serial by which the guest finds the disk that it works on, whatever its name there. */
const targetSerial = 'target';
const storeSerial = 'store';

/** What these guests have in common: one disk, which need not survive a crash unless it is `lasting`, and nothing that stays. */
function buildForm(
  plan: Plan,
  form: string,
  o: { name: string; media: BuildMedia; lasting?: boolean },
  template: string,
): XmlElement {
  const domain = parseTemplate(template, plan.engine);
  set.setIdentity(domain, { name: o.name, title: `vapp build ${plan.build}: ${form}` });
  set.setEngine(domain, plan);
  set.setSize(domain, { memory: plan.installer.memory, vcpus: plan.installer.vcpus });
  set.setLifecycle(domain, { poweroff: 'destroy', reboot: 'destroy', crash: 'destroy' });
  keepMainDisk(domain);
  removeUsb(domain, plan.engine);
  const { diskPath: path, diskFormat: format = 'qcow2', diskIsBlock: block = false } = o.media;
  const cache = o.lasting ? {} : ({ cache: 'unsafe' } as const);
  setDisk(domain, plan.engine, { path, block, format, serial: targetSerial, ...cache });
  ensureRng(domain, plan.engine);
  setBuildMetadata(domain, plan);
  return domain;
}

/** panic=-1 makes a dead kernel end the domain. */
function channelArguments({ engine, installer }: Plan): string[] {
  const { console, secondPort } = engineShapes[engine];
  return [console, 'panic=-1', ...(secondPort ? [] : [sharedConsoleArgument]), ...installer.kernelArguments];
}

/** TERM=dumb keeps d-i from running screen on the console. */
const installerArguments = 'auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb';

/**
 * The guest that the distribution's installer runs in: text front end on the first port, syslog on the second.
 * Meant for virDomainCreateXML. Throws VAPP_DOMAIN_TEMPLATE, VAPP_DOMAIN_TEXT (so do all forms).
 */
export function installerDomainXml(plan: Plan, media: BuildMedia, template: string): string {
  const domain = buildForm(plan, 'installer', { name: plan.names.installerDomain, media }, template);
  set.setDirectBoot(domain, {
    kernel: media.kernelPath,
    initrd: media.initrdPath,
    cmdline: [installerArguments, ...channelArguments(plan)].join(' '),
  });
  setInterface(domain, plan.engine, plan.network.installer);
  keepFirstInterface(domain);
  setPorts(domain, plan.engine, { second: true });
  return serializeXml(domain);
}

/** The guest that installs the boot loader and finalises the disk: no network, report lines on the second port. */
export function finisherDomainXml(plan: Plan, media: BuildMedia, template: string): string {
  const domain = buildForm(plan, 'finisher', { name: plan.names.finisherDomain, media }, template);
  return finisherOf(domain, plan, media);
}

/** A disk that is somebody's, and a second one for what is going to be written to it. */
export interface GrubMedia extends BuildMedia {
  diskFormat: DiskFormat;
  /** Raw. */
  storePath: string;
}

/** The guest that puts GRUB on any disk: the finisher's form, but what it writes to the disk must survive a crash of the host. */
export function grubDomainXml(plan: Plan, media: GrubMedia, template: string): string {
  const name = plan.names.finisherDomain;
  const domain = buildForm(plan, 'grub', { name, media, lasting: true }, template);
  addDisk(domain, plan.engine, {
    path: media.storePath,
    format: 'raw',
    cache: 'unsafe',
    serial: storeSerial,
  });
  return finisherOf(domain, plan, media);
}

function finisherOf(domain: XmlElement, plan: Plan, media: BuildMedia): string {
  set.setDirectBoot(domain, {
    kernel: media.kernelPath,
    initrd: media.initrdPath,
    cmdline: ['rdinit=/vapp/init', ...channelArguments(plan), 'quiet loglevel=1'].join(' '),
  });
  removeInterfaces(domain);
  setPorts(domain, plan.engine, { second: true });
  return serializeXml(domain);
}
