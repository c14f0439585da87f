import { quoted } from '../problems.js';
import type { Node } from '../tree.js';
import { type ReadContext, type ValueType, wrongKind } from './base.js';

interface ListRules<T> {
  /** The name of an item, for lists that may hold each only once. */
  nameOf?(value: T): string;
}

/** A list of items of one type. */
export const list = <T>(item: ValueType<T>, rules: ListRules<T> = {}): ValueType<T[]> => ({
  name: `a list, each item ${item.name}`,
  schema: { type: 'array', items: item.schema, ...(rules.nameOf && { uniqueItems: true }) },
  read(node, key, context) {
    if (node.kind !== 'list') return wrongKind(node, key, 'a list', context);
    const once = new Once(key, context);
    const values: T[] = [];
    for (const [index, itemNode] of node.items.entries()) {
      const value = item.read(itemNode, `${key}[${index}]`, context);
      if (value === undefined) continue;
      if (!rules.nameOf || once.isFirst(rules.nameOf(value), itemNode)) values.push(value);
    }
    return values;
  },
  show: (values) =>
    values.length === 0 ? 'none' : values.map((value) => item.show?.(value) ?? String(value)).join(', '),
});

/** Finds what stands twice. */
export class Once {
  readonly #seen = new Map<string, Node>();

  constructor(
    readonly key: string,
    readonly context: ReadContext,
  ) {}

  /** False after adding a problem. */
  isFirst(name: string, node: Node): boolean {
    const first = this.#seen.get(name);
    if (!first) {
      this.#seen.set(name, node);
      return true;
    }
    const { problems } = this.context;
    problems.add('VAPP_SPEC_DUPLICATE_VALUE', `${quoted(name)} stands twice in ${this.key}`, node, {
      why: `it is already in line ${problems.source.lineAt(first.start)}`,
      hint: 'remove one of the two',
    });
    return false;
  }
}
