import { closeSync, fstatSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryFlock } from '../flock.js';

/** The right to fetch a file of the cache, given back when it is disposed of, or when the process ends. */
export interface Held extends Disposable {
  /** Somebody else had it: the file may be there by now. */
  waited: boolean;
  /** False when patience was at an end, or the cache's file system has no locks: somebody else may fetch it, too. */
  alone: boolean;
}

interface HoldOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds after which it is no longer waited for; for ever unless told. */
  patience?: number;
}

const everyMilliseconds = 100;

/**
 * Waits until nobody else, in this process or another, fetches the file with this SHA-256. Throws the reason of `signal`. A cache
 * without locks, or one that cannot be written, is no error here: the download itself will say so.
 */
export async function holdFile(cache: string, sha256: string, o: HoldOptions = {}): Promise<Held> {
  const directory = join(cache, 'parts');
  const path = join(directory, `${sha256}.lock`);
  const end = performance.now() + (o.patience ?? Number.POSITIVE_INFINITY);
  for (let waited = false; ; waited = true) {
    const lock = tryHold(directory, path);
    if (lock === 'impossible') return { waited, alone: false, [Symbol.dispose]: () => undefined };
    if (lock) return { waited, alone: true, ...lock };
    if (performance.now() >= end) return { waited, alone: false, [Symbol.dispose]: () => undefined };
    await pause(everyMilliseconds);
    o.signal?.throwIfAborted();
  }
}

function tryHold(directory: string, path: string): Disposable | 'impossible' | undefined {
  let fd: number;
  try {
    mkdirSync(directory, { recursive: true });
    fd = openSync(path, 'a', 0o600);
  } catch {
    return 'impossible';
  }
  try {
    if (tryFlock(fd, 'exclusive') && isStill(path, fd)) {
      return {
        [Symbol.dispose]: () => {
          rmSync(path, { force: true });
          closeSync(fd);
        },
      };
    }
    closeSync(fd);
    return undefined;
  } catch {
    closeSync(fd);
    return 'impossible';
  }
}

/** The one who had it before has removed its name: a lock on that file keeps nobody away. */
const isStill = (path: string, fd: number): boolean =>
  statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
