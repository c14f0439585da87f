import { itemsOf } from './items.js';
import type { Values } from './read.js';
import { preferredKey } from './ssh-key.js';
import { type MappingNode, type Node, rangeOf } from './tree.js';
import type { ReadContext } from './types/base.js';

/** Whether anybody can log in by what the spec says; what it says wrongly counts, for it is told already. */
export const givesLogin = (root: Node, values: Values): boolean => {
  const people = ['root', ...itemsOf(root, 'users').map((_, index) => `users[${index}]`)];
  return people.some((who) => {
    const [password, keys] = [`${who}.password`, `${who}.ssh_keys`];
    const said = (path: string): boolean => rangeOf(root, path) !== undefined;
    const noKeys = (values.get(keys) as string[] | undefined)?.length === 0;
    return (said(password) && values.get(password) !== '!') || (said(keys) && !noKeys);
  });
};

/** Adds a problem when nobody could log in, and no key of the invoking user may be taken instead. */
export const checkLogin = (root: MappingNode, values: Values, { problems, host }: ReadContext): void => {
  const refused = values.has('root.ssh_keys');
  if (givesLogin(root, values) || (!refused && preferredKey(host.sshPublicKeys))) return;
  const noKey = refused ? '' : `, and the user ${host.user} has no public key in ~/.ssh`;
  problems.add('VAPP_SPEC_NO_LOGIN', 'nobody could log in to this appliance', root.entries[0]?.key ?? root, {
    why: `the spec gives no password and no SSH key${noKey}`,
    hint: `${refused ? '' : 'ssh-keygen -t ed25519\nor '}add to the spec: root: { ssh_keys: [KEY] }, or root: { password: { env: NAME } }`,
  });
};
