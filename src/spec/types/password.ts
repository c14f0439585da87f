import { encrypt } from 'unixcrypt';
import { Secret } from '../../secret.js';
import { specPath } from '../paths.js';
import { quoted } from '../problems.js';
import type { MappingNode, Node } from '../tree.js';
import { type ReadContext, type ValueType, wrongKind } from './base.js';

/** crypt(5): yescrypt, SHA-512 and SHA-256, what Debian's login programs take today; `!` is "no password fits". */
const hash =
  /^(!|\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}|\$6\$(rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}|\$5\$(rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43})$/;

const reference = (key: string): object => ({
  type: 'object',
  properties: { [key]: { type: 'string', minLength: 1 } },
  required: [key],
  additionalProperties: false,
});

const wanted = 'a crypt(5) hash, ! or a reference { env: NAME } or { file: PATH }';
const waysOut =
  'write a hash (openssl passwd -6), or keep the password elsewhere: { env: NAME } or { file: PATH }';

/** A password as crypt(5) text. A plain one is taken only by reference and leaves as a SHA-512 hash. */
export const password: ValueType<string> = {
  name: wanted,
  schema: { anyOf: [{ type: 'string', pattern: hash.source }, reference('env'), reference('file')] },
  read(node, key, context) {
    if (node.kind === 'mapping') return byReference(node, key, context);
    if (node.kind !== 'scalar' || node.value === null) return wrongKind(node, key, wanted, context);
    if (hash.test(node.text)) return node.text;
    return context.problems.addSecret('VAPP_SPEC_PASSWORD', `${key} is not a crypt(5) hash`, node, {
      why: node.text.startsWith('$')
        ? 'a hash begins with $6$, $5$ or $y$ and is complete; in double quotes or a shell a $ may have got lost'
        : 'a spec is shared and kept, so it holds no password in plain text',
      hint: waysOut,
    });
  },
  show: (value) => (value === '!' ? 'locked' : 'set (hash not shown)'),
};

const byReference = (node: MappingNode, key: string, context: ReadContext): string | undefined => {
  const [entry, second] = node.entries;
  const kind = entry?.key.text;
  if (!entry || second || (kind !== 'env' && kind !== 'file'))
    return context.problems.add(
      'VAPP_SPEC_PASSWORD',
      `${key} is not a reference to a password`,
      entry?.key ?? node,
      {
        why: 'a reference has one key, env or file',
        hint: waysOut,
      },
    );
  const name = nameOf(entry.value, `${key}.${kind}`, context);
  if (name === undefined) return undefined;
  const found = kind === 'env' ? fromEnvironment(name, context) : fromFile(name, context);
  const problem = found.secret ? unfit(found.secret) : { why: found.why, hint: found.hint };
  if (!problem) return hashed(found.secret!);
  return context.problems.add(
    'VAPP_SPEC_SECRET',
    `${key}: no password in ${found.place}`,
    entry.value,
    problem,
  );
};

const nameOf = (node: Node, key: string, context: ReadContext): string | undefined => {
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '') return node.value;
  return wrongKind(node, key, 'a text', context);
};

interface Found {
  place: string;
  secret?: Secret;
  why: string;
  hint: string;
}

const fromEnvironment = (name: string, { host }: ReadContext): Found => {
  const value = Object.hasOwn(host.env, name) ? host.env[name] : undefined;
  return {
    place: `the environment variable ${quoted(name)}`,
    ...(value !== undefined && { secret: new Secret(value) }),
    why: 'it is not set',
    hint: `read -rs ${name} && export ${name}`,
  };
};

const fromFile = (name: string, { host, file }: ReadContext): Found => {
  const path = specPath(name, file, host.home);
  const firstLine = host.readText(path)?.split(/\r?\n/, 1)[0];
  return {
    place: `the file ${quoted(path)}`,
    ...(firstLine !== undefined && { secret: new Secret(firstLine) }),
    why: 'there is no such file, or it cannot be read',
    hint: `ls -l ${path}`,
  };
};

const unfit = (secret: Secret): { why: string; hint: string } | undefined => {
  const plain = secret.reveal();
  if (plain === '') return { why: 'its first line is empty', hint: 'put the password there' };
  // A password that no keyboard can type at a login prompt.
  if (/[\x00-\x1f\x7f]/.test(plain))
    return { why: 'it holds a control character', hint: 'put a plain text there' };
  return undefined;
};

/** A complete hash behind a reference stays as it is. */
const hashed = (secret: Secret): string => {
  const plain = secret.reveal();
  return hash.test(plain) && plain !== '!' ? plain : encrypt(plain);
};
