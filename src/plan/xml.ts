import { Parser } from 'xml2js';

/** An XML element: attributes, text and children by name, in document order among equals. */
export interface Element {
  attributes: Readonly<Record<string, string>>;
  text: string;
  children: ReadonlyMap<string, readonly Element[]>;
}

type Raw = string | { $?: Record<string, string>; _?: string; [name: string]: unknown };

const fromRaw = (raw: Raw): Element => {
  if (typeof raw === 'string') return { attributes: {}, text: raw.trim(), children: new Map() };
  const { $: attributes = {}, _: text = '', ...rest } = raw;
  const children = Object.entries(rest).map(([name, list]) => [name, (list as Raw[]).map(fromRaw)] as const);
  return { attributes, text: text.trim(), children: new Map(children) };
};

/** Reads a document whose root element is `root`; undefined when it is no XML or another document. */
export const readXml = (xml: string, root: string): Element | undefined => {
  let found: Element | undefined;
  // With async: false xml2js calls back before parseString returns.
  new Parser({ async: false, explicitArray: true }).parseString(
    xml,
    (error: Error | null, result: unknown) => {
      const raw = error ? undefined : (result as Record<string, Raw> | null)?.[root];
      if (raw !== undefined) found = fromRaw(raw);
    },
  );
  return found;
};

export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.get(name) ?? [];

export const childOf = (element: Element | undefined, name: string): Element | undefined =>
  childrenOf(element, name)[0];
