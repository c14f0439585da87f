import { otherwiseText, type SpecKey } from './key.js';
import { type Branch, keyTree } from './key-tree.js';
import { specGroups } from './keys.js';
import type { JsonSchema } from './types/base.js';

const leafSchema = (row: SpecKey<unknown>): JsonSchema => ({
  ...row.type.schema,
  description: row.otherwise.kind === 'required' ? row.help : `${row.help} Default: ${otherwiseText(row)}.`,
});

const branchSchema = (name: string, branch: Branch): JsonSchema => {
  if (branch.kind === 'leaf') return leafSchema(branch.row);
  const mapping = mappingSchema(branch.children);
  const description = specGroups[name];
  return branch.kind === 'list'
    ? { type: 'array', items: mapping, description }
    : { ...mapping, description };
};

const mappingSchema = (children: ReadonlyMap<string, Branch>): JsonSchema => {
  const required = [...children].filter(([, b]) => b.kind === 'leaf' && b.row.otherwise.kind === 'required');
  return {
    type: 'object',
    properties: Object.fromEntries([...children].map(([name, branch]) => [name, branchSchema(name, branch)])),
    ...(required.length > 0 && { required: required.map(([name]) => name) }),
    additionalProperties: false,
  };
};

/** JSON schema of a spec, for editors. It is looser than parseSpec, which also knows the host and looks into keys and sizes. */
export const jsonSchema = (): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'vapp spec',
  ...mappingSchema(keyTree),
});
