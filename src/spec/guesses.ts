import type { Guess, GuessContext } from './key.js';
import { preferredKey } from './ssh-key.js';

export const guessMirror = ({ host, release }: GuessContext): Guess<string> =>
  host.mirror
    ? { value: host.mirror.uri, from: `this host's ${host.mirror.from}` }
    : { value: release.mirror };

export const guessSecurityMirror = ({ host, release }: GuessContext): Guess<string> =>
  host.securityMirror
    ? { value: host.securityMirror.uri, from: `this host's ${host.securityMirror.from}` }
    : { value: release.securityMirror };

/**
 * The proxy of the environment. One with a password is left to the downloads themselves, which read the environment
 * too: the plan and its files hold no secrets.
 */
export const guessProxy = ({ host }: GuessContext): Guess<string> | undefined => {
  const name = ['http_proxy', 'HTTP_PROXY'].find((each) => host.env[each]);
  const value = name && host.env[name];
  if (!value || !URL.canParse(value)) return undefined;
  const { protocol, username, password } = new URL(value);
  if (!/^https?:$/.test(protocol) || username || password) return undefined;
  return { value: value.replace(/\/+$/, ''), from: `the environment variable ${name}` };
};

/** The invoking user's key for root, but only when nobody could log in otherwise. */
export const guessRootKeys = ({ host, noLogin }: GuessContext): Guess<string[]> => {
  const found = noLogin ? preferredKey(host.sshPublicKeys) : undefined;
  return found ? { value: [found.line], from: `${found.path} of the user ${host.user}` } : { value: [] };
};
