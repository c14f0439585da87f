import { element, elements, ensure, insert, removeWhere } from './tree.js';
import { parseXml, serializeXml, type XmlElement } from './xml.js';

/** XML namespace of vapp's element in a domain's `<metadata>`, and the prefix that it is written with. */
export const metadataNamespace = 'https://vapp.dev/xmlns/1';
export const metadataKey = 'vapp';

/** What vapp notes in a domain. Only domains with it are vapp's to remove. */
export interface TemplateMetadata {
  kind: 'build' | 'template' | 'clone';
  /** Build id. */
  build: string;
  appliance: string;
  os: string;
  /** Hex. */
  specSha256?: string;
  vappVersion?: string;
}

const kinds = new Set<string>(['build', 'template', 'clone']);
const osinfoNamespace = 'http://libosinfo.org/xmlns/libvirt/domain/1.0';

const bearsNamespace = (candidate: XmlElement, uri: string): boolean =>
  Object.entries(candidate.attributes).some(([key, value]) => /^xmlns(:|$)/.test(key) && value === uri);

function metadataElement(m: TemplateMetadata): XmlElement {
  return element(`${metadataKey}:appliance`, {
    [`xmlns:${metadataKey}`]: metadataNamespace,
    kind: m.kind,
    name: m.appliance,
    os: m.os,
    build: m.build,
    spec: m.specSha256,
    version: m.vappVersion,
  });
}

/** The element's text, as virDomainSetMetadata takes it together with `metadataKey` and `metadataNamespace`. */
export const writeMetadata = (m: TemplateMetadata): string => serializeXml(metadataElement(m)).trimEnd();

/** Puts the element into a domain, in place of one that is there. */
export function setMetadata(domain: XmlElement, m: TemplateMetadata): void {
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
export function readMetadata(xml: string): TemplateMetadata | undefined {
  const root = parseXml(xml);
  const found = root.name === 'appliance' ? root : find(root, metadataNamespace);
  const { kind, build, name, os, spec, version } = found?.attributes ?? {};
  if (!kind || !kinds.has(kind) || !build || !name || !os) return undefined;
  return {
    kind: kind as TemplateMetadata['kind'],
    build,
    appliance: name,
    os,
    ...(spec !== undefined && { specSha256: spec }),
    ...(version !== undefined && { vappVersion: version }),
  };
}
