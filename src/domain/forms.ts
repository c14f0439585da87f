import type { Plan } from '../plan/plan.js';
import { setCredentials } from './credentials.js';
import * as devices from './devices.js';
import { engineShapes } from './engines.js';
import { setMetadata, setOsinfo, type TemplateMetadata } from './metadata.js';
import * as set from './setters.js';
import type { DiskFormat } from './storage.js';
import { parseTemplate } from './template.js';
import { serializeXml, type XmlElement } from './xml.js';

/** Paths on the libvirt host, of volumes. */
export interface InstallerMedia {
  kernelPath: string;
  initrdPath: string;
  diskPath: string;
  /** Default `qcow2`. */
  diskFormat?: DiskFormat;
  /** A raw image with the tarball of the base system; the guest finds it by the serial `vapp-base`. */
  baseDiskPath?: string;
}

export type FinisherMedia = Omit<InstallerMedia, 'baseDiskPath'>;

/** A serial by which the guest finds the disk that it works on, whatever its name there. */
const targetSerial = 'target';

/** What installer and finisher have in common: one disk that need not survive a crash, nothing that stays. */
function buildForm(
  plan: Plan,
  form: string,
  o: { name: string; media: FinisherMedia },
  template: string,
): XmlElement {
  const domain = parseTemplate(template, plan.engine);
  set.setIdentity(domain, { name: o.name, title: `vapp build ${plan.build}: ${form}` });
  set.setEngine(domain, plan);
  set.setSize(domain, { memory: plan.installer.memory, vcpus: plan.installer.vcpus });
  set.setLifecycle(domain, { poweroff: 'destroy', reboot: 'destroy', crash: 'destroy' });
  devices.keepMainDisk(domain);
  const { diskPath: path, diskFormat: format = 'qcow2' } = o.media;
  devices.setDisk(domain, plan.engine, { path, format, cache: 'unsafe', serial: targetSerial });
  devices.ensureRng(domain, plan.engine);
  setBuildMetadata(domain, plan);
  return domain;
}

function setBuildMetadata(domain: XmlElement, plan: Plan): void {
  const { appliance, os } = plan.appliance;
  const osinfo = set.osinfoOf(plan);
  if (osinfo) setOsinfo(domain, osinfo);
  setMetadata(domain, { kind: 'build', build: plan.build, appliance, os });
}

/** TERM=dumb keeps d-i from running screen on the console; panic=-1 makes a dead kernel end the domain. */
const installerArguments = 'auto=true priority=critical DEBIAN_FRONTEND=text TERM=dumb';

/**
 * The guest that the distribution's installer runs in: text front end on the first port, syslog on the second.
 * Meant for virDomainCreateXML. Throws VAPP_DOMAIN_TEMPLATE, VAPP_DOMAIN_TEXT (so do all forms).
 */
export function installerDomainXml(plan: Plan, media: InstallerMedia, template: string): string {
  const domain = buildForm(plan, 'installer', { name: plan.names.installerDomain, media }, template);
  const extra = plan.installer.kernelArguments;
  set.setDirectBoot(domain, {
    kernel: media.kernelPath,
    initrd: media.initrdPath,
    cmdline: [installerArguments, engineShapes[plan.engine].console, 'panic=-1', ...extra].join(' '),
  });
  if (media.baseDiskPath) devices.addBaseDisk(domain, plan.engine, media.baseDiskPath);
  devices.setInterface(domain, plan.engine, plan.network.installer);
  devices.keepFirstInterface(domain);
  devices.setPorts(domain, plan.engine, 'syslog');
  return serializeXml(domain);
}

/** The guest that installs the boot loader and finalises the disk: no network, report lines on the second port. */
export function finisherDomainXml(plan: Plan, media: FinisherMedia, template: string): string {
  const domain = buildForm(plan, 'finisher', { name: plan.names.finisherDomain, media }, template);
  const { console } = engineShapes[plan.engine];
  const extra = plan.installer.kernelArguments;
  set.setDirectBoot(domain, {
    kernel: media.kernelPath,
    initrd: media.initrdPath,
    cmdline: ['rdinit=/vapp/init', console, 'quiet loglevel=1 panic=-1', ...extra].join(' '),
  });
  devices.removeInterfaces(domain);
  devices.setPorts(domain, plan.engine, 'report');
  return serializeXml(domain);
}

/** What the appliance is once it is built: verify and template differ from it in little. */
function finalForm(plan: Plan, identity: set.Identity, template: string): XmlElement {
  const domain = parseTemplate(template, plan.engine);
  set.setIdentity(domain, identity);
  set.setEngine(domain, plan);
  set.setSize(domain, { memory: plan.appliance.memory, vcpus: plan.appliance.cpus });
  devices.setInterface(domain, plan.engine, plan.network.final);
  devices.ensureConsole(domain, plan.engine);
  devices.ensureRng(domain, plan.engine);
  setBuildMetadata(domain, plan);
  return domain;
}

export interface VerifyOptions {
  /** Path of the throw-away overlay. */
  diskPath: string;
  /** systemd credentials by name, handed over as SMBIOS strings; Xen has no way to hand them over. */
  credentials: Record<string, string>;
}

/** The finished system in its final form, on an overlay, for one boot. Throws VAPP_DOMAIN_CREDENTIALS too. */
export function verifyDomainXml(plan: Plan, o: VerifyOptions, template: string): string {
  const title = `vapp build ${plan.build}: verify`;
  const domain = finalForm(plan, { name: plan.names.verifyDomain, title }, template);
  set.setLifecycle(domain, { poweroff: 'destroy', crash: 'destroy' });
  devices.setDisk(domain, plan.engine, { path: o.diskPath, format: 'qcow2', cache: 'unsafe' });
  devices.setPorts(domain, plan.engine);
  setCredentials(domain, plan.engine, o.credentials);
  return serializeXml(domain);
}

export interface TemplateOptions {
  diskPath: string;
  metadata: TemplateMetadata;
  title: string;
  description: string;
}

/**
 * The template that is defined in the end. Its disk is transient: QEMU then writes to a throw-away overlay, and Xen
 * refuses to start it, so that a mistaken `virsh start` cannot change the image that clones stand on.
 */
export function templateDomainXml(plan: Plan, o: TemplateOptions, template: string): string {
  const { title, description } = o;
  const domain = finalForm(plan, { name: plan.names.template, title, description }, template);
  devices.setDisk(domain, plan.engine, { path: o.diskPath, format: 'qcow2', transient: true });
  setMetadata(domain, o.metadata);
  return serializeXml(domain);
}
