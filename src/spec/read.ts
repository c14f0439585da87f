import { type Branch, keyTree } from './key-tree.js';
import { keyRows } from './keys.js';
import { nearest } from './near.js';
import { quoted } from './problems.js';
import type { Entry, MappingNode, Node } from './tree.js';
import { lastPart, type ReadContext, wrongKind } from './types/base.js';

/** Values of a spec by their concrete path: `users[0].name`. */
export type Values = Map<string, unknown>;

/** Reads all that a spec says, by the key table; adds a problem for everything that is not as the table wants it. */
export const readValues = (root: Node, context: ReadContext): Values => {
  const values: Values = new Map();
  if (root.kind === 'mapping') readMapping(root, keyTree, '', { context, values });
  else
    context.problems.add(
      'VAPP_SPEC_NOT_MAPPING',
      `the spec must be a mapping of keys to values, not a ${root.kind}`,
      root,
      {
        hint: 'write lines such as "appliance: web" and "os: debian-13"',
      },
    );
  return values;
};

interface Reading {
  context: ReadContext;
  values: Values;
}

const readMapping = (
  node: MappingNode,
  known: ReadonlyMap<string, Branch>,
  path: string,
  reading: Reading,
): void => {
  for (const entry of node.entries) {
    const branch = known.get(entry.key.text);
    if (branch) readBranch(placed(entry), branch, join(path, entry.key.text), reading);
    else unknownKey(entry, known, path, reading.context);
  }
  for (const [name, branch] of known) {
    const missing = branch.kind === 'leaf' && branch.row.otherwise.kind === 'required';
    if (missing && !node.entries.some(({ key }) => key.text === name))
      missingKey(join(path, name), node, reading.context);
  }
};

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** A value that is not written stands at its key. */
const placed = ({ key, value }: Entry): Node =>
  value.kind === 'scalar' && value.text === '' && value.value === null
    ? { ...value, start: key.start, end: key.end }
    : value;

const readBranch = (node: Node, branch: Branch, path: string, reading: Reading): void => {
  const { context, values } = reading;
  if (branch.kind === 'leaf') {
    const value = branch.row.type.read(node, path, context);
    if (value !== undefined) values.set(path, value);
  } else if (branch.kind === 'mapping') {
    if (node.kind === 'mapping') readMapping(node, branch.children, path, reading);
    else wrongKind(node, path, `a mapping with ${[...branch.children.keys()].join(', ')}`, context);
  } else readItems(node, branch.children, path, reading);
};

const readItems = (node: Node, known: ReadonlyMap<string, Branch>, path: string, reading: Reading): void => {
  if (node.kind !== 'list') {
    wrongKind(node, path, 'a list', reading.context);
    return;
  }
  for (const [index, item] of node.items.entries()) {
    const at = `${path}[${index}]`;
    if (item.kind === 'mapping') readMapping(item, known, at, reading);
    else wrongKind(item, at, `a mapping with ${[...known.keys()].join(', ')}`, reading.context);
  }
};

const missingKey = (path: string, node: MappingNode, { problems }: ReadContext): void => {
  const name = lastPart(path);
  const example = path === 'os' ? 'os: debian-13' : `${name}: ${path === 'appliance' ? 'web' : 'deploy'}`;
  const first = node.entries[0]?.key ?? node;
  problems.add('VAPP_SPEC_MISSING_KEY', `${path} is missing`, first, { hint: `add: ${example}` });
};

const unknownKey = (
  { key }: Entry,
  known: ReadonlyMap<string, Branch>,
  path: string,
  { problems }: ReadContext,
): void => {
  const near = nearest(key.text, known.keys()) ?? elsewhere(key.text);
  const where = path === '' ? '' : ` in ${path}`;
  problems.add('VAPP_SPEC_UNKNOWN_KEY', `there is no key ${quoted(key.text)}${where}`, key, {
    why: `the keys are: ${[...known.keys()].join(', ')}`,
    hint: near === undefined ? 'remove it; "vapp schema" lists all keys' : `did you mean ${near}?`,
  });
};

/** The whole path of a key that stands at the wrong place. */
const elsewhere = (name: string): string | undefined =>
  [...keyRows.keys()]
    .find((path) => lastPart(path) === name || path.split(/[.[]/, 1)[0] === name)
    ?.replace('[]', '');
