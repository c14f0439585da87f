import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VappError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { tryFlock } from '../../flock.js';

// A build may come back to any file of the cache until its last stage: the installer asks the proxy for packages as it goes. So
// builds hold one lock together for as long as they last, and pruning holds it alone.

/** Name of the lock's file in the cache. It is never removed: whoever has it open would lock another one than the next. */
export const lockFile = 'lock';

function tryLock(cache: string, mode: 'shared' | 'exclusive'): Disposable | undefined {
  const path = join(cache, lockFile);
  const fd = openLock(path);
  let taken = false;
  try {
    taken = tryFlock(fd, mode);
  } catch (cause) {
    throw noLock(path, (cause as Error).message, cause);
  } finally {
    if (!taken) closeSync(fd);
  }
  return taken ? { [Symbol.dispose]: () => closeSync(fd) } : undefined;
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
    const lock = tryLock(cache, 'shared');
    if (lock) return lock;
    if (!told) o.emit({ type: 'notice', text: 'waiting until the cache has been pruned' });
    await pause(patience);
    o.signal.throwIfAborted();
  }
}

/** Holds the cache alone; undefined while a build, or another prune, holds it. Throws VAPP_HOST_LOCK. */
export const seizeCache = (cache: string): Disposable | undefined => tryLock(cache, 'exclusive');
