import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VappError } from '../../errors.js';
import { tryFlock } from '../../flock.js';
import { stateDirectory } from '../../paths.js';
import { ensureWritable } from '../records/workspace.js';

// One queue for each libvirt host, of all builds of a user there: a file for each, numbered in the order of arrival, that its
// process holds a flock(2) on. A build whose process is gone has left its file, but not the lock, so it is in nobody's way.

/** A build's place in the queue of its host; it is given up when it is disposed of, or the process ends. */
export interface Ticket extends Disposable {
  /** The memory of each build before this one, in their order, if it says so. Nothing is looked at that is not asked for. */
  ahead(): Iterable<number | undefined>;
  /** How many builds are before it. */
  readonly before: number;
}

interface Waiting {
  id: string;
  /** Name of the template that it makes. */
  template: string;
  /** Bytes that it takes of its host; older versions of vapp do not say. */
  memory?: number;
}

/** Where the queue of a host is. */
const queueDirectory = (uri: string): string =>
  join(stateDirectory(), 'queues', createHash('sha256').update(uri).digest('hex').slice(0, 16));

const ticketName = /^\d{12}$/;

const tickets = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => ticketName.test(name))
    .sort();

/** Milliseconds between two tries for the lock of the queue, which nobody holds for long. */
const patience = 20;

/**
 * Takes the last place in the queue of a host. Throws VAPP_NAME_BUILDING when a build of the same template is in it, whether it runs
 * or waits; VAPP_HOST_LOCK where there are no locks; VAPP_HOST_DIRECTORY.
 */
export async function enterQueue(
  uri: string,
  who: Waiting,
  directory = queueDirectory(uri),
): Promise<Ticket> {
  ensureWritable(directory, 'XDG_STATE_HOME');
  using _ = await lockQueue(directory);
  const present = tickets(directory);
  const others = present.filter((name) => isLive(join(directory, name)));
  for (const name of present) if (!others.includes(name)) rmSync(join(directory, name), { force: true });
  refuseSameName(directory, others, who);
  const number = String(Number(others.at(-1) ?? 0) + 1).padStart(12, '0');
  return takePlace(directory, number, who);
}

async function lockQueue(directory: string): Promise<Disposable> {
  const path = join(directory, 'lock');
  const fd = openSync(path, 'a', 0o600);
  try {
    while (!tryFlock(fd, 'exclusive')) await pause(patience);
  } catch (cause) {
    closeSync(fd);
    throw new VappError('VAPP_HOST_LOCK', `${path} cannot be locked`, {
      why: (cause as Error).message,
      hint: 'set XDG_STATE_HOME to a directory of yours, of a file system that has locks',
      cause,
    });
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}

function takePlace(directory: string, name: string, who: Waiting): Ticket {
  const path = join(directory, name);
  const fd = openSync(path, 'wx', 0o600);
  tryFlock(fd, 'exclusive');
  writeSync(fd, JSON.stringify(who));
  let given = false;
  return {
    ahead: () => memoriesBefore(directory, name),
    get before() {
      // What they take is not read: each of many that wait looks every second.
      return pathsBefore(directory, name).filter(isLive).length;
    },
    [Symbol.dispose]: () => {
      if (given) return;
      // By now the number may be another file's.
      given = true;
      removeQuietly(path);
      closeSync(fd);
    },
  };
}

/** A file without a lock is in nobody's way, and the next who comes removes it. How the build went must not be hidden by it. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The file system has become read-only, say.
  }
}

const pathsBefore = (directory: string, before: string): string[] =>
  tickets(directory)
    .filter((name) => name < before)
    .map((name) => join(directory, name));

function* memoriesBefore(directory: string, before: string): Generator<number | undefined> {
  for (const path of pathsBefore(directory, before)) {
    // Read first: what has ended by then is not live afterwards.
    const ticket = readTicket(path);
    if (isLive(path)) yield ticket?.memory;
  }
}

function isLive(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    return !tryFlock(fd, 'shared');
  } finally {
    closeSync(fd);
  }
}

function refuseSameName(directory: string, others: readonly string[], { template }: Waiting): void {
  for (const name of others) {
    const other = readTicket(join(directory, name));
    if (other?.template !== template) continue;
    throw new VappError(
      'VAPP_NAME_BUILDING',
      `a build of the template ${template} is under way: ${other.id}`,
      {
        why: 'two builds cannot make a template of the same name',
        hint: `vapp attach ${other.id}, or vapp build --name OTHER SPEC`,
      },
    );
  }
}

function readTicket(path: string): Waiting | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Waiting;
  } catch {
    // It has ended at this moment.
    return undefined;
  }
}
