// Other programs that the lab's script runs.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Problem } from './problem.mjs';

const environment = { ...process.env, LC_ALL: 'C' };

const packageOf = {
  mmdebstrap: 'mmdebstrap',
  mke2fs: 'e2fsprogs',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  unshare: 'util-linux',
  setpriv: 'util-linux',
};

// Debian keeps mke2fs where ordinary users' PATH does not look.
const searched = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** Path of a program; undefined when there is none. */
export const findProgram = (name, directories = searched()) =>
  directories
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/** Throws a Problem that names the packages of all programs that are missing. */
export const needPrograms = (names, directories) => {
  const missing = names.filter((name) => !findProgram(name, directories));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => packageOf[name]))];
  throw new Problem(
    `missing: ${missing.join(', ')}`,
    `Type: apt-get install --no-install-recommends ${packages.join(' ')}`,
  );
};

/** Runs a program to its end and throws a Problem with what it said when it fails. */
export const runShort = (name, args, o = {}) => {
  const result = spawnSync(findProgram(name) ?? name, args, { encoding: 'utf8', env: environment, ...o });
  if (result.status === 0) return result.stdout;
  throw new Problem(`${name} failed: ${(result.stderr || result.error?.message || '').trim()}`);
};

/** Arguments before a program's, that let it end when this process does, however that ends. */
export const tied = ['setpriv', '--pdeathsig', 'KILL', '--'];

// An ordinary user is root in a user namespace with the subordinate ids that newuidmap(1) allows.
const asRoot = () => (process.getuid() === 0 ? [] : ['--user', '--map-root-user', '--map-auto']);

/**
 * Arguments before a program's, to run it as root, or as what looks like root. All its processes and mounts are in namespaces
 * that end with it, so that killing it leaves files alone.
 */
export const contained = () => [
  ...tied,
  'unshare',
  ...asRoot(),
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--',
];

/**
 * Resolves to the exit status; once the signal's reason is thrown the program has ended.
 * @param words program and arguments
 * @param o options of spawn
 */
export const run = ([name, ...args], o = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(findProgram(name) ?? name, args, { env: environment, ...o, killSignal: 'SIGKILL' });
    child.once('error', (error) => error.name === 'AbortError' || reject(error));
    child.once('exit', (status) => (o.signal?.aborted ? reject(o.signal.reason) : resolve(status ?? 1)));
  });

/** Throws a Problem unless this user may use `contained`. */
export const needNamespaces = () => {
  const [name, ...args] = [...contained(), 'true'];
  const { status, stderr, error } = spawnSync(name, args, { encoding: 'utf8', env: environment });
  if (status === 0) return;
  const why = (stderr || error?.message || '').trim();
  if (process.getuid() === 0) throw new Problem(`root may not make namespaces here: ${why}`);
  throw new Problem(`mmdebstrap needs root, or a user with subordinate ids: ${why}`, [
    'Type: sudo scripts/lab create (the lab then is root’s, for all commands)',
    'Or:   sudo apt-get install uidmap; sudo usermod --add-subuids 200000-265535 --add-subgids 200000-265535 $USER',
  ]);
};

/** Removes a tree in which an ordinary user's subordinate ids own files. */
export const removeTree = (path) => {
  const [name, ...args] = [...contained(), 'rm', '-rf', '--', path];
  runShort(name, args);
};
