import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';
import { VappError } from '../errors.js';
import type { Emit } from '../events.js';

// A build may come back to any file of the cache until its last stage: the installer asks the proxy for packages as it goes. So
// builds hold one lock together for as long as they last, and pruning holds it alone. It is flock(2)'s, since the kernel gives
// that back when a process ends in whatever way: there is no stale lock, no pid to guess from, no gap between look and act, and
// it counts between containers that share a cache. Node has no flock of its own.
const flock = koffi.load(null).func('int flock(int fd, int operation)');

// <sys/file.h>
const [LOCK_SH, LOCK_EX, LOCK_NB] = [1, 2, 4];

/** Name of the lock's file in the cache. It is never removed: whoever has it open would lock another one than the next. */
export const lockFile = 'lock';

function tryLock(cache: string, operation: number): Disposable | undefined {
  const path = join(cache, lockFile);
  const fd = openLock(path);
  const failed = flock(fd, operation | LOCK_NB) !== 0;
  const errno = failed ? koffi.errno() : 0;
  if (!failed) return { [Symbol.dispose]: () => closeSync(fd) };
  closeSync(fd);
  if (errno === constants.errno.EWOULDBLOCK) return undefined;
  throw noLock(path, `flock(2) says ${getSystemErrorName(-errno)}`);
}

function openLock(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw noLock(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const noLock = (path: string, why: string, cause?: unknown): VappError =>
  new VappError('VAPP_HOST_LOCK', `${path} cannot be locked`, {
    why,
    hint: 'set XDG_CACHE_HOME to a directory of yours, of a file system that has locks',
    cause,
  });

/** Milliseconds between two looks at a lock that is taken. */
const patience = 200;

/**
 * Holds the cache for a build until it is disposed of: nothing of it is pruned meanwhile. Waits while it is being pruned.
 * Throws VAPP_HOST_LOCK, and the signal's reason.
 */
export async function holdCache(cache: string, o: { emit: Emit; signal: AbortSignal }): Promise<Disposable> {
  for (let told = false; ; told = true) {
    const lock = tryLock(cache, LOCK_SH);
    if (lock) return lock;
    if (!told) o.emit({ type: 'notice', text: 'waiting until the cache has been pruned' });
    await pause(patience);
    o.signal.throwIfAborted();
  }
}

/** Holds the cache alone; undefined while a build, or another prune, holds it. Throws VAPP_HOST_LOCK. */
export const seizeCache = (cache: string): Disposable | undefined => tryLock(cache, LOCK_EX);
