import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Connection, Pool } from '../../src/libvirt/index.js';

/** A libvirtd of an ordinary user with its own directories: nothing of the host's libvirt is touched. */
export interface PrivateDaemon extends AsyncDisposable {
  uri: string;
  readonly pid: number;
  /** Belongs to the daemon's user: a place for pools. */
  directory: string;
  signal(name: NodeJS.Signals): void;
  /** The process of a running guest, which outlives a daemon that is killed. */
  guest(name: string): Promise<{ qemuPid: number }>;
  /** Starts it again after its end, with what is defined there. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

// nobody: as root the daemon must become someone else, because root's session daemon is the system's.
const nobody = 65534;
const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

async function makeDirectories(): Promise<string> {
  // Short: the path of a UNIX socket has at most 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), 'vapp-'));
  const parts = ['', 'run', 'config', 'config/libvirt', 'cache', 'data', 'images'];
  for (const part of parts) {
    await mkdir(join(directory, part), { recursive: true, mode: 0o755 });
    if (identity.uid !== undefined) await chown(join(directory, part), identity.uid, identity.gid);
  }
  // Else each guest needs a virtlogd beside the daemon.
  await writeFile(join(directory, 'config/libvirt/qemu.conf'), 'stdio_handler = "file"\n');
  return directory;
}

const environment = (directory: string) => ({
  PATH: process.env.PATH,
  LC_ALL: 'C',
  HOME: directory,
  XDG_RUNTIME_DIR: join(directory, 'run'),
  XDG_CONFIG_HOME: join(directory, 'config'),
  XDG_CACHE_HOME: join(directory, 'cache'),
  XDG_DATA_HOME: join(directory, 'data'),
});

/** Starts the daemon in `directory` and gives its pid when it listens: `--daemon` returns only then. */
async function launch(directory: string): Promise<number> {
  const pidFile = join(directory, 'run/libvirtd.pid');
  await promisify(execFile)('libvirtd', ['--daemon', '--pid-file', pidFile], {
    ...identity,
    env: environment(directory),
  });
  return Number(await readFile(pidFile, 'utf8'));
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts a daemon of our own. Its guests must be destroyed by the test, or carry autodestroy. */
export async function startPrivateDaemon(): Promise<PrivateDaemon> {
  const directory = await makeDirectories();
  let pid = await launch(directory);
  const stop = async () => {
    sendSignal(pid, 'SIGKILL');
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    uri: `qemu+unix:///session?socket=${join(directory, 'run/libvirt/libvirt-sock')}`,
    get pid() {
      return pid;
    },
    directory,
    signal: (name) => sendSignal(pid, name),
    guest: async (name) => ({
      qemuPid: Number(await readFile(join(directory, `run/libvirt/qemu/run/${name}.pid`), 'utf8')),
    }),
    restart: async () => {
      pid = await launch(directory);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** An active pool of a private daemon, in a directory that goes with it. */
export async function makePool(connection: Connection, daemon: PrivateDaemon, name: string): Promise<Pool> {
  const path = join(daemon.directory, 'images', name);
  const pool = await connection.definePool(
    `<pool type='dir'><name>${name}</name><target><path>${path}</path></target></pool>`,
  );
  await pool.build();
  await pool.start();
  return pool;
}
