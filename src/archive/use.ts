import { stat, utimes } from 'node:fs/promises';

/** Milliseconds. Within these a second use is not written down: a build looks up thousands of files, and several at once. */
const grain = 3_600_000;

/**
 * Notes that a file or directory of the cache is used, in its modification time, exact to an hour: the access time is not kept
 * on many hosts (mount(8), noatime), and kept for backups as well. Returns whether the time was changed; that it cannot be is no error.
 */
export const markUsed = async (path: string): Promise<boolean> => {
  try {
    const now = new Date();
    const { mtimeMs } = await stat(path);
    // A time that lies ahead is that of a clock that went wrong.
    if (Math.abs(now.getTime() - mtimeMs) <= grain) return false;
    await utimes(path, now, now);
    return true;
  } catch {
    // Gone, or on a file system that is read only.
    return false;
  }
};

/** Whether it is there; if so, its use is noted. */
export const useIfPresent = async (path: string): Promise<boolean> => {
  try {
    await stat(path);
  } catch {
    return false;
  }
  await markUsed(path);
  return true;
};
