import { VappError } from '../errors.js';
import { isDisk } from './disks.js';
import { readMetadata, setMetadata, type VappMetadata } from './metadata.js';
import { setIdentity } from './setters.js';
import { all, element, elements, ensure, first, insert, remove, setText } from './tree.js';
import { parseXml, serializeXml } from './xml.js';

export interface CloneOptions {
  name: string;
  /** Undefined: libvirt makes one. */
  uuid?: string;
  diskPath: string;
  /** Default: the template's, with kind `clone`. */
  metadata?: VappMetadata;
}

/**
 * The domain of a clone, from the template's own document (`virsh dumpxml --inactive`): its own disk that keeps
 * changes, and new addresses, which libvirt makes. Pure. Throws VAPP_DOMAIN_CLONE for what is no template of vapp's.
 */
export function cloneDomainXml(templateXml: string, o: CloneOptions): string {
  const domain = parseXml(templateXml);
  const metadata = readMetadata(templateXml);
  const devices = ensure(domain, 'devices');
  const disk = elements(devices).find(isDisk);
  if (domain.name !== 'domain' || metadata?.kind !== 'template' || !disk)
    throw new VappError('VAPP_DOMAIN_CLONE', 'The domain is not a template of vapp', {
      why: metadata ? `its metadata calls it a ${metadata.kind}` : 'it has no metadata of vapp',
      hint: 'List the templates with: vapp templates',
    });
  setIdentity(domain, { name: o.name });
  if (o.uuid !== undefined) setText(domain, 'uuid', o.uuid);
  remove(disk, 'source', 'backingStore', 'transient');
  insert(disk, element('source', { file: o.diskPath }));
  for (const nic of all(devices, 'interface')) remove(nic, 'mac');
  const os = first(domain, 'os');
  if (os) remove(os, 'nvram');
  setMetadata(domain, o.metadata ?? { ...metadata, kind: 'clone' });
  return serializeXml(domain);
}

/** The same domain under a UUID that is known, which lets libvirt replace the definition that has it. Pure. Throws VAPP_DOMAIN_XML. */
export function withUuid(domainXml: string, uuid: string): string {
  const domain = parseXml(domainXml);
  setText(domain, 'uuid', uuid);
  return serializeXml(domain);
}
