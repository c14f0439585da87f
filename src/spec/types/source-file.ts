import { specPath } from '../paths.js';
import { quoted } from '../problems.js';
import { readText, type ValueType } from './base.js';

/** A regular file of this machine, as an absolute path; it is read when it is needed. */
export const sourceFile: ValueType<string> = {
  name: 'the path of a file',
  schema: { type: 'string', minLength: 1 },
  read(node, key, context) {
    const { file, host, problems } = context;
    const name = readText(node, key, context);
    if (name === undefined) return undefined;
    const path = specPath(name, file, host.home);
    if (host.fileSize(path) !== undefined) return path;
    return problems.add('VAPP_SPEC_SOURCE', `${key}: cannot read the file ${quoted(path)}`, node, {
      why: 'there is no such file, it is not a regular one, or it cannot be read',
      hint: `ls -l ${path}`,
    });
  },
};
