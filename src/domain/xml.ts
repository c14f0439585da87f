import { Parser } from 'xml2js';
import { VappError } from '../errors.js';

/** An element of an XML document; text stands among the children, in its place. Names keep their prefix. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: (XmlElement | string)[];
}

/** What xml2js gives with the options below. */
interface Parsed {
  '#name': string;
  $?: Record<string, string>;
  _?: string;
  $$?: Parsed[];
}

const textName = '__text__';

function fromParsed(node: Parsed): XmlElement {
  const children = (node.$$ ?? []).map((child) =>
    child['#name'] === textName ? (child._ ?? '') : fromParsed(child),
  );
  return { name: node['#name'], attributes: { ...node.$ }, children };
}

/**
 * Parses a document. xml2js's usual result has no order among unlike siblings, so its child lists are read instead.
 * White space between elements and comments are lost. Throws VAPP_DOMAIN_XML, with `at` (file: '') when the place is known.
 */
export function parseXml(text: string): XmlElement {
  const parser = new Parser({
    explicitRoot: false,
    explicitChildren: true,
    preserveChildrenOrder: true,
    charsAsChildren: true,
    includeWhiteChars: false,
    async: false,
  });
  let outcome: { error: Error | null; root?: Parsed } = { error: new Error('it is empty') };
  parser.parseString(text, (error, root) => {
    outcome = { error, root };
  });
  if (outcome.error || !outcome.root?.['#name'])
    throw notXml(outcome.error ?? new Error('it has no root element'));
  return fromParsed(outcome.root);
}

/** sax puts the place into its message: four lines, counted from 0. */
function notXml(error: Error): VappError {
  const place = /\nLine: (\d+)\nColumn: (\d+)/.exec(error.message);
  return new VappError('VAPP_DOMAIN_XML', 'The document is not well-formed XML', {
    why: error.message.split('\n')[0] ?? '',
    ...(place && { at: { file: '', line: Number(place[1]) + 1, column: Math.max(1, Number(place[2])) } }),
    cause: error,
  });
}

const forbidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;

/** Text that XML 1.0 cannot hold at all, not even as a reference, is refused (VAPP_DOMAIN_TEXT). */
function checked(text: string): string {
  if (!forbidden.test(text)) return text;
  throw new VappError(
    'VAPP_DOMAIN_TEXT',
    `${JSON.stringify(text.slice(0, 60))} cannot stand in an XML document`,
    {
      why: 'it has a control character',
      hint: 'Remove the control character.',
    },
  );
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const escapeText = (text: string): string => checked(text).replace(/[&<>\r]/g, (c) => escapes[c] ?? c);
const escapeValue = (text: string): string => checked(text).replace(/[&<>'"\t\n\r]/g, (c) => escapes[c] ?? c);

const namePattern = /^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?$/;

function name(text: string): string {
  if (namePattern.test(text)) return text;
  throw new VappError('VAPP_DOMAIN_TEXT', `${JSON.stringify(text)} is not a name that XML allows`);
}

/** The document's text, two spaces to a level, as `virsh dumpxml` writes it. Throws VAPP_DOMAIN_TEXT. */
export function serializeXml(element: XmlElement, indent = ''): string {
  const attributes = Object.entries(element.attributes).map(
    ([key, value]) => ` ${name(key)}='${escapeValue(value)}'`,
  );
  const open = `${indent}<${name(element.name)}${attributes.join('')}`;
  if (element.children.length === 0) return `${open}/>\n`;
  if (element.children.some((child) => typeof child === 'string'))
    return `${open}>${element.children.map(inline).join('')}</${element.name}>\n`;
  const inner = element.children.map((child) => serializeXml(child as XmlElement, `${indent}  `));
  return `${open}>\n${inner.join('')}${indent}</${element.name}>\n`;
}

/** Beside text, white space would become part of the content. */
function inline(child: XmlElement | string): string {
  return typeof child === 'string' ? escapeText(child) : serializeXml(child).replace(/\n$/, '');
}
