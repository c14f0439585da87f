import type { Plan } from '../plan/plan.js';
import { setCredentials } from './credentials.js';
import { ensureRng, keepMainDisk } from './devices.js';
import { setDisk } from './disks.js';
import { setBuildMetadata } from './mark.js';
import { setMetadata, type TemplateMetadata } from './metadata.js';
import { setInterface } from './network.js';
import { ensureConsole, setPorts } from './ports.js';
import * as set from './setters.js';
import { parseTemplate } from './template.js';
import { serializeXml, type XmlElement } from './xml.js';

/** What the appliance is once it is built: verify and template differ from it in little. */
function finalForm(
  plan: Plan,
  identity: set.Identity,
  template: string,
  bootMedium: string | undefined,
): XmlElement {
  const domain = parseTemplate(template, plan.engine);
  set.setIdentity(domain, identity);
  set.setEngine(domain, plan);
  set.setSize(domain, { memory: plan.appliance.memory, vcpus: plan.appliance.cpus });
  if (bootMedium !== undefined) set.setBootMedium(domain, plan.engine, bootMedium);
  setInterface(domain, plan.engine, plan.network.final);
  ensureConsole(domain, plan.engine);
  ensureRng(domain, plan.engine);
  setBuildMetadata(domain, plan);
  return domain;
}

export interface VerifyOptions {
  /** Path of the boot medium's volume, for an engine that has one. */
  bootMediumPath?: string | undefined;
  /** Path of the throw-away overlay. */
  diskPath: string;
  /** systemd credentials by name, handed over as SMBIOS strings; Xen has no way to hand them over. */
  credentials: Record<string, string>;
}

/** The finished system in its final form, on an overlay, for one boot. Throws VAPP_DOMAIN_CREDENTIALS too. */
export function verifyDomainXml(plan: Plan, o: VerifyOptions, template: string): string {
  const title = `vapp build ${plan.build}: verify`;
  const domain = finalForm(plan, { name: plan.names.verifyDomain, title }, template, o.bootMediumPath);
  set.setLifecycle(domain, { poweroff: 'destroy', crash: 'destroy' });
  // A user's template may name more disks and devices of the host: a trial boot must not write to them.
  keepMainDisk(domain);
  setDisk(domain, plan.engine, { path: o.diskPath, format: 'qcow2', cache: 'unsafe' });
  setPorts(domain, plan.engine);
  setCredentials(domain, plan.engine, o.credentials);
  return serializeXml(domain);
}

export interface TemplateOptions {
  /** Path of the boot medium's volume, for an engine that has one. */
  bootMediumPath?: string | undefined;
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
  const domain = finalForm(
    plan,
    { name: plan.names.template, title, description },
    template,
    o.bootMediumPath,
  );
  setDisk(domain, plan.engine, { path: o.diskPath, format: 'qcow2', transient: true });
  setMetadata(domain, o.metadata);
  return serializeXml(domain);
}
