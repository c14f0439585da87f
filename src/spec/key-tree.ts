import type { SpecKey } from './key.js';
import { keyRows } from './keys.js';

/** The key table as the tree that specs have: a leaf is a row, a list is a list of mappings. */
export type Branch =
  | { kind: 'leaf'; row: SpecKey<unknown> }
  | { kind: 'mapping' | 'list'; children: Map<string, Branch> };

const grow = (children: Map<string, Branch>, path: readonly string[], row: SpecKey<unknown>): void => {
  const [part = '', ...rest] = path;
  const name = part.replace('[]', '');
  if (rest.length === 0) {
    children.set(name, { kind: 'leaf', row });
    return;
  }
  const known = children.get(name);
  const branch = known ?? { kind: part === name ? 'mapping' : 'list', children: new Map<string, Branch>() };
  children.set(name, branch);
  if (branch.kind !== 'leaf') grow(branch.children, rest, row);
};

const makeTree = (): Map<string, Branch> => {
  const children = new Map<string, Branch>();
  for (const [name, row] of keyRows) grow(children, name.split('.'), row);
  return children;
};

export const keyTree: ReadonlyMap<string, Branch> = makeTree();
