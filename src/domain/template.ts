import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VappError } from '../errors.js';
import type { Engine } from '../plan/plan.js';
import { engineShapes } from './engines.js';
import { first } from './tree.js';
import { parseXml, type XmlElement } from './xml.js';

/**
 * The text of the domain template for an engine: vapp's own, or the user's file instead. A user's file is checked
 * here, so that mistakes are reported with its name. Throws VAPP_DOMAIN_TEMPLATE.
 */
export function loadTemplate(engine: Engine, userFile?: string): string {
  const file = userFile ?? fileURLToPath(new URL(`../../domain-templates/${engine}.xml`, import.meta.url));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new VappError('VAPP_DOMAIN_TEMPLATE', `The domain template ${file} cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'Check the path.',
      cause,
    });
  }
  parseTemplate(text, engine, file);
  return text;
}

/** Parses a template for an engine; `file` is for messages only. Throws VAPP_DOMAIN_TEMPLATE. */
export function parseTemplate(text: string, engine: Engine, file = 'the domain template'): XmlElement {
  const domain = parsed(text, file);
  if (domain.name !== 'domain')
    throw refuse(
      file,
      `its root element is <${domain.name}>`,
      'Write a <domain> document, as virsh dumpxml prints it.',
    );
  const { domainType, osType } = engineShapes[engine];
  const type = domain.attributes.type ?? domainType;
  if ((type === 'xen') !== (domainType === 'xen') || !['kvm', 'qemu', 'xen'].includes(type))
    throw refuse(
      file,
      `it is a domain of type '${type}'`,
      `Write <domain type='${domainType}'> for ${engine}.`,
    );
  const os = first(first(domain, 'os'), 'type');
  const found = os?.children.join('').trim() ?? osType;
  // libvirt reads both names for a PV guest.
  if (found !== osType && !(osType === 'linux' && found === 'xen'))
    throw refuse(file, `its operating system type is '${found}'`, `${engine} needs <type>${osType}</type>.`);
  return domain;
}

function parsed(text: string, file: string): XmlElement {
  try {
    return parseXml(text);
  } catch (error) {
    if (!(error instanceof VappError)) throw error;
    throw new VappError('VAPP_DOMAIN_TEMPLATE', `${file} is not a domain template`, {
      why: error.why ?? error.message,
      hint: 'Check it with: virt-xml-validate FILE',
      ...(error.at && { at: { ...error.at, file } }),
      cause: error,
    });
  }
}

function refuse(file: string, why: string, hint: string): VappError {
  return new VappError('VAPP_DOMAIN_TEMPLATE', `${file} is not a template for this engine`, { why, hint });
}
