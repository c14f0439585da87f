import { quoted } from '../problems.js';
import { type ValueType, wrongKind } from './base.js';

const pattern = '^0?[0-7]{3}$';
const name = 'permissions such as 0644';

/** Permission bits as chmod(1) takes them, without set-user-ID and the like. YAML reads 0644 as the number 644, so the text as written counts. */
export const permissions: ValueType<string> = {
  name,
  schema: {
    anyOf: [
      { type: 'string', pattern },
      { type: 'integer', minimum: 0, maximum: 777 },
    ],
  },
  read(node, key, context) {
    if (node.kind !== 'scalar' || !['string', 'number'].includes(typeof node.value))
      return wrongKind(node, key, name, context);
    if (new RegExp(pattern).test(node.text)) return node.text.padStart(4, '0');
    return context.problems.add('VAPP_SPEC_VALUE', `${key}: ${quoted(node.text)} is not ${name}`, node, {
      why: 'it is three octal digits, for owner, group and others',
    });
  },
};
