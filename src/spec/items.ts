import type { Node } from './tree.js';
import type { ReadContext } from './types/base.js';
import { Once } from './types/list.js';

const childOf = (node: Node, key: string): Node | undefined =>
  node.kind === 'mapping' ? node.entries.find((entry) => entry.key.text === key)?.value : undefined;

/** The items of a list that a spec has at its top, such as `users`; none when it has no such list. */
export const itemsOf = (root: Node, list: string): readonly Node[] => {
  const found = childOf(root, list);
  return found?.kind === 'list' ? found.items : [];
};

/** Adds a problem for each item of a list whose `key` is that of an earlier one. */
export const checkOnce = (root: Node, list: string, key: string, context: ReadContext): void => {
  const once = new Once(list, context);
  for (const item of itemsOf(root, list)) {
    const value = childOf(item, key);
    if (value?.kind === 'scalar' && typeof value.value === 'string') once.isFirst(value.value, value);
  }
};
