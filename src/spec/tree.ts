import type { Range } from './source.js';

export type ScalarValue = string | number | boolean | null;

/** `text` is the scalar as written, without quotes and escapes: `0123` where `value` is 123. */
export interface ScalarNode extends Range {
  kind: 'scalar';
  value: ScalarValue;
  text: string;
}

export interface ListNode extends Range {
  kind: 'list';
  items: Node[];
}

export interface Entry {
  key: ScalarNode;
  value: Node;
}

export interface MappingNode extends Range {
  kind: 'mapping';
  entries: Entry[];
}

/** A value of a spec with its place. An alias is the anchored node at the alias's place, so a tree may share parts or even be a circle. */
export type Node = ScalarNode | ListNode | MappingNode;

const segments = (path: string): string[] => path.match(/[^.[\]]+/g) ?? [];

const step = (node: Node, segment: string): Entry | Node | undefined => {
  if (node.kind === 'list') return node.items[Number(segment)];
  if (node.kind === 'mapping') return node.entries.find((entry) => entry.key.text === segment);
  return undefined;
};

/** Where a path such as `users[0].name` stands: a scalar at its value, a collection at its key when it has one. */
export const rangeOf = (root: Node, path: string): Range | undefined => {
  let node = root;
  let range: Range = root;
  for (const segment of segments(path)) {
    const found = step(node, segment);
    if (!found) return undefined;
    node = 'key' in found ? found.value : found;
    range = 'key' in found && (node.kind !== 'scalar' || node.value === null) ? found.key : node;
  }
  return range;
};
