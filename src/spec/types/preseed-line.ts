import { VappError } from '../../errors.js';
import { parsePreseedLine } from '../../preseed/line.js';
import { vainLine } from '../../preseed/raw.js';
import { type ValueType, wrongKind } from './base.js';

/** A raw line for the installer, as debconf-set-selections(1) reads it. */
export const preseedLine: ValueType<string> = {
  name: 'a preseed line: OWNER QUESTION TYPE VALUE',
  schema: { type: 'string', pattern: '^\\s*[^\\s#]\\S*\\s+\\S+\\s+\\S+' },
  read(node, key, context) {
    if (node.kind !== 'scalar' || (node.value !== null && typeof node.value !== 'string'))
      return wrongKind(node, key, 'a text', context);
    const line = node.text.trim();
    const blank = line === '' || line.startsWith('#');
    if (blank)
      return context.problems.add(
        'VAPP_PRESEED_LINE',
        `${key} is ${line === '' ? 'empty' : 'a comment'}`,
        node,
        {
          why: 'each item of the list is one line for the installer',
          hint: line === '' ? 'remove the item' : 'write comments as comments of YAML, outside the quotes',
        },
      );
    const read = parsePreseedLine(line, key);
    const vain = read instanceof VappError ? undefined : vainLine(read);
    if (vain) return context.problems.add('VAPP_PRESEED_LINE', `${key} would have no effect`, node, vain);
    if (!(read instanceof VappError)) return line;
    const { message, why, hint } = read;
    return context.problems.add(read.code, message, node, { ...(why && { why }), ...(hint && { hint }) });
  },
};
