import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

// flock(2), since the kernel gives it back when a process ends in whatever way: there is no stale lock, no pid to guess from, no
// gap between look and act, and it counts between containers that share a directory. Node has no flock of its own.
const call = koffi.load(null).func('int flock(int fd, int operation)');

// <sys/file.h>
const [LOCK_SH, LOCK_EX, LOCK_NB] = [1, 2, 4];

/**
 * Takes the lock of an open file or directory without waiting; it is given back when `fd` is closed. Whether it was free.
 * Throws Error with what the system says when there are no locks there.
 */
export function tryFlock(fd: number, mode: 'shared' | 'exclusive'): boolean {
  if (call(fd, (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB) === 0) return true;
  const errno = koffi.errno();
  if (errno === constants.errno.EWOULDBLOCK) return false;
  throw new Error(`flock(2) says ${getSystemErrorName(-errno)}`);
}
