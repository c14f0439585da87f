import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { parseAptSources, pickMirrors } from './apt-sources.js';
import type { SpecHost } from './spec-host.js';
import { sshKeyProblem } from './ssh-key.js';

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const fileSize = (path: string): number | undefined => {
  try {
    accessSync(path, constants.R_OK);
    const found = statSync(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
};

const filesIn = (directory: string, ending: RegExp): string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => ending.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
};

interface Person {
  user: string;
  home?: string;
}

/** Who typed the command: sudo(8) leaves the name in SUDO_USER, but sets HOME to root's. */
const invokingUser = (env: SpecHost['env'], uid: number | undefined): Person => {
  const own = ownAccount(env);
  const { SUDO_USER: name } = env;
  if (uid !== 0 || !name || name === 'root') return own;
  // The user may come from a directory service, so /etc/passwd is not enough.
  const { stdout, failed } = execaSync('getent', ['passwd', '--', name], {
    reject: false,
    env: { LC_ALL: 'C' },
  });
  const home = failed ? undefined : stdout.split(':')[5];
  return home ? { user: name, home } : own;
};

/** A user id without an account, as in containers, has a name of digits and the HOME of its environment. */
const ownAccount = (env: SpecHost['env']): Person => {
  try {
    const { username, homedir } = userInfo();
    return { user: username, home: env.HOME || homedir };
  } catch {
    return { user: String(process.getuid?.() ?? ''), ...(env.HOME && { home: env.HOME }) };
  }
};

const publicKeys = (home: string | undefined): SpecHost['sshPublicKeys'] => {
  if (home === undefined) return [];
  return filesIn(join(home, '.ssh'), /\.pub$/).flatMap((path) => {
    const line = readText(path)?.split(/\r?\n/, 1)[0]?.trim();
    return line !== undefined && sshKeyProblem(line) === undefined ? [{ path, line }] : [];
  });
};

const aptFiles = (directory: string): string[] => [
  join(directory, 'sources.list'),
  ...filesIn(join(directory, 'sources.list.d'), /^[\w.-]+\.(list|sources)$/),
];

export interface HostOptions {
  /** Where apt's sources are; default `/etc/apt`. */
  aptDirectory?: string;
  /** User id; default this process's. */
  uid?: number;
}

/** Facts of this host for parseSpec: reads apt's sources and the invoking user's public keys. */
export const gatherSpecHost = (env: SpecHost['env'], o: HostOptions = {}): SpecHost => {
  const person = invokingUser(env, o.uid ?? process.getuid?.());
  const sources = aptFiles(o.aptDirectory ?? '/etc/apt').flatMap((path) =>
    parseAptSources(path, readText(path) ?? ''),
  );
  return {
    env,
    ...person,
    sshPublicKeys: publicKeys(person.home),
    ...pickMirrors(sources),
    readText,
    fileSize,
  };
};
