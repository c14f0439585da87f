import type { Problems } from '../problems.js';
import type { SpecHost } from '../spec-host.js';
import type { Node } from '../tree.js';

/** A JSON schema of draft 2020-12, as far as specs need it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface ReadContext {
  problems: Problems;
  host: SpecHost;
  /** Path of the spec; what it names is relative to its directory. */
  file: string;
}

/** How one kind of value is written, read and shown. */
export interface ValueType<T> {
  /** For people, with an article: `a size such as 4GiB`. */
  name: string;
  schema: JsonSchema;
  /** The value, or undefined after adding a problem. `key` is the path of the value, for messages. */
  read(node: Node, key: string, context: ReadContext): T | undefined;
  /** For people; secrets stay hidden. Default: the value itself. */
  show?(value: T): string;
}

const kindOf = (node: Node): string => {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (typeof node.value === 'number') return 'a number';
  return typeof node.value === 'boolean' ? 'true or false' : 'a text';
};

/** Adds the problem that `node` is empty or of the wrong kind. */
export const wrongKind = (node: Node, key: string, wanted: string, { problems }: ReadContext): undefined => {
  if (node.kind === 'scalar' && node.value === null)
    return problems.add('VAPP_SPEC_TYPE', `${key} has no value`, node, {
      why: `it must be ${wanted}`,
      hint: 'write a value, or remove the key',
    });
  const quotesHelp = wanted === 'a text' && node.kind === 'scalar';
  const listHelps = wanted.startsWith('a list') && node.kind === 'scalar';
  const hint = quotesHelp
    ? `put it in quotes: '${node.text}'`
    : listHelps
      ? `write [${node.text}]`
      : undefined;
  problems.add('VAPP_SPEC_TYPE', `${key} must be ${wanted}, not ${kindOf(node)}`, node, {
    ...(hint && { hint }),
  });
};

/** The text of a scalar, or undefined after adding a problem. */
export const readText = (node: Node, key: string, context: ReadContext): string | undefined => {
  if (node.kind !== 'scalar' || typeof node.value !== 'string')
    return wrongKind(node, key, 'a text', context);
  if (node.value.trim() !== '') return node.value;
  return context.problems.add('VAPP_SPEC_VALUE', `${key} is empty`, node, {
    hint: 'write a value, or remove the key',
  });
};

/** The last part of a key path: what is typed for it in a spec. */
export const lastPart = (key: string): string => key.slice(key.lastIndexOf('.') + 1);
