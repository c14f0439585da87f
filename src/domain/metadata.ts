import { element, elements, ensure, insert, removeWhere } from './tree.js';
import { parseXml, serializeXml, type XmlElement } from './xml.js';

/** XML namespace of vapp's element in a domain's `<metadata>`, and the prefix that it is written with. */
export const metadataNamespace = 'https://vapp.dev/xmlns/1';
export const metadataKey = 'vapp';

/** What vapp notes in a domain. Only domains with it are vapp's to remove. */
export interface VappMetadata {
  kind: 'build' | 'template' | 'clone';
  /** Build id. */
  build: string;
  appliance: string;
  /** Empty for a guest that has no system of its own, such as the KVM probe. */
  os: string;
  /** SHA-256 of the spec's bytes, hex. */
  spec?: string;
  /** Version of vapp. */
  version?: string;
  /** Where the domain's disk is. */
  pool?: string;
  volume?: string;
  /** Name of the template that a clone was made of. */
  template?: string;
}

export type TemplateMetadata = VappMetadata;

/** Keys of VappMetadata, each an attribute of the element, in the order in which they are written. */
const fields = ['kind', 'appliance', 'os', 'build', 'spec', 'version', 'pool', 'volume', 'template'] as const;

const kinds = new Set<string>(['build', 'template', 'clone']);
const osinfoNamespace = 'http://libosinfo.org/xmlns/libvirt/domain/1.0';

const bearsNamespace = (candidate: XmlElement, uri: string): boolean =>
  Object.entries(candidate.attributes).some(([key, value]) => /^xmlns(:|$)/.test(key) && value === uri);

function metadataElement(m: VappMetadata): XmlElement {
  const values = Object.fromEntries(fields.map((field) => [field, m[field] || undefined]));
  return element(`${metadataKey}:appliance`, { [`xmlns:${metadataKey}`]: metadataNamespace, ...values });
}

/** The element's text, as virDomainSetMetadata takes it together with `metadataKey` and `metadataNamespace`. */
export const writeMetadata = (m: VappMetadata): string => serializeXml(metadataElement(m)).trimEnd();

/** Puts the element into a domain, in place of one that is there. */
export function setMetadata(domain: XmlElement, m: VappMetadata): void {
  const metadata = ensure(domain, 'metadata');
  removeWhere(metadata, (child) => bearsNamespace(child, metadataNamespace));
  insert(metadata, metadataElement(m));
}

/** Names the operating system in libosinfo's way, for virt-manager and its like. */
export function setOsinfo(domain: XmlElement, id: string): void {
  const metadata = ensure(domain, 'metadata');
  removeWhere(metadata, (child) => bearsNamespace(child, osinfoNamespace));
  metadata.children.unshift(
    element('libosinfo:libosinfo', { 'xmlns:libosinfo': osinfoNamespace }, element('libosinfo:os', { id })),
  );
}

function find(node: XmlElement, uri: string): XmlElement | undefined {
  if (bearsNamespace(node, uri)) return node;
  for (const child of elements(node)) {
    const found = find(child, uri);
    if (found) return found;
  }
  return undefined;
}

/**
 * Reads vapp's element out of a whole domain document, or out of the element alone as virDomainGetMetadata gives it
 * (without prefix and namespace). Undefined when there is none, or when it is not one that vapp wrote.
 * Throws VAPP_DOMAIN_XML.
 */
export function readMetadata(xml: string): VappMetadata | undefined {
  const root = parseXml(xml);
  const found = root.name === 'appliance' ? root : find(root, metadataNamespace);
  const { kind, build, appliance } = found?.attributes ?? {};
  if (!found || !kind || !kinds.has(kind) || !build || !appliance) return undefined;
  const given = fields.filter((field) => found.attributes[field] !== undefined);
  return Object.fromEntries(
    given.map((field) => [field, found.attributes[field]]),
  ) as unknown as VappMetadata;
}
