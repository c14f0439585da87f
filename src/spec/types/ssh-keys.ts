import { specPath } from '../paths.js';
import { quoted } from '../problems.js';
import { isPrivateKey, looksLikeKey, sshKeyProblem } from '../ssh-key.js';
import type { Node } from '../tree.js';
import { type ReadContext, readText, type ValueType, wrongKind } from './base.js';

/** A list of authorized_keys lines or paths of public key files; as lines, each once. */
export const sshKeys: ValueType<string[]> = {
  name: 'a list, each item a public key or the path of a .pub file',
  schema: { type: 'array', items: { type: 'string', minLength: 1 } },
  read(node, key, context) {
    if (node.kind !== 'list') return wrongKind(node, key, 'a list', context);
    const before = context.problems.count;
    const lines = node.items.flatMap((item, index) => readItem(item, `${key}[${index}]`, context));
    return context.problems.count === before ? [...new Set(lines)] : undefined;
  },
  // The last field of a key is its comment: the short name that people know it by.
  show: (lines) => (lines.length === 0 ? 'none' : lines.map(shortKey).join(', ')),
};

const shortKey = (line: string): string => {
  const [type, blob = '', ...comment] = line.slice(Math.max(0, line.search(/(ssh|ecdsa|sk)-/))).split(/\s+/);
  return `${type} …${blob.slice(-8)}${comment.length > 0 ? ` (${comment.join(' ')})` : ''}`;
};

const readItem = (node: Node, key: string, context: ReadContext): string[] => {
  const value = readText(node, key, context)?.trim();
  if (value === undefined) return [];
  return looksLikeKey(value) ? literal(value, node, key, context) : fromFile(value, node, key, context);
};

const literal = (line: string, node: Node, key: string, { problems }: ReadContext): string[] => {
  if (isPrivateKey(line)) {
    problems.addSecret('VAPP_SPEC_PRIVATE_KEY', `${key} is a private key`, node, {
      why: 'an appliance gets public keys only; a private key in a spec is known to all who can read the spec',
      hint: 'write the path of the .pub file, and make a new key pair: ssh-keygen -t ed25519',
    });
    return [];
  }
  const why = sshKeyProblem(line);
  if (why === undefined) return [line];
  problems.add('VAPP_SPEC_SSH_KEY', `${key} is not a public key`, node, {
    why,
    hint: 'copy the whole line of the .pub file, or write its path',
  });
  return [];
};

const fromFile = (name: string, node: Node, key: string, { problems, host, file }: ReadContext): string[] => {
  const path = specPath(name, file, host.home);
  const text = host.readText(path);
  if (text === undefined) {
    problems.add('VAPP_SPEC_SSH_KEY', `${key}: cannot read ${quoted(path)}`, node, {
      why: 'there is no such file, or it cannot be read',
      hint: host.readText(`${path}.pub`) === undefined ? `ls -l ${path}` : `write ${name}.pub`,
    });
    return [];
  }
  if (isPrivateKey(text)) {
    problems.add('VAPP_SPEC_PRIVATE_KEY', `${key}: ${quoted(path)} is a private key`, node, {
      why: 'an appliance gets public keys only',
      hint: `write ${name}.pub; ssh-keygen -y -f ${path} prints the public key`,
    });
    return [];
  }
  return linesOf(text, path, node, key, problems);
};

const linesOf = (
  text: string,
  path: string,
  node: Node,
  key: string,
  problems: ReadContext['problems'],
): string[] => {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const bad = lines.map(sshKeyProblem).find((problem) => problem !== undefined);
  if (bad === undefined && lines.length > 0) return lines;
  problems.add('VAPP_SPEC_SSH_KEY', `${key}: there is no public key in ${quoted(path)}`, node, {
    why: bad ?? 'it is empty',
    hint: 'write the path of a file that ssh-keygen made, ending with .pub',
  });
  return [];
};
