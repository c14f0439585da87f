import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { VappError } from '../../errors.js';
import { tryFlock } from '../../flock.js';

/**
 * Holds the directory of a build until it is disposed of, for the process that builds, resumes or cleans it: no two do so at once.
 * Throws VAPP_BUILD_CLAIMED; VAPP_HOST_LOCK where there are no locks.
 */
export function claimBuild(directory: string): Disposable {
  const fd = openSync(directory, 'r');
  let taken = false;
  try {
    taken = tryFlock(fd, 'exclusive');
  } catch (cause) {
    throw new VappError('VAPP_HOST_LOCK', `${directory} cannot be locked`, {
      why: (cause as Error).message,
      hint: 'set XDG_STATE_HOME to a directory of yours, of a file system that has locks',
      cause,
    });
  } finally {
    if (!taken) closeSync(fd);
  }
  if (taken) return { [Symbol.dispose]: () => closeSync(fd) };
  const id = basename(directory);
  throw new VappError('VAPP_BUILD_CLAIMED', `another process is at work on build ${id}`, {
    why: 'it builds, resumes or cleans it at this moment',
    hint: `vapp show ${id}`,
  });
}
