import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { useIfPresent } from '../archive/index.js';

/** A directory of the cache that is there whole or not at all. */
export const cachedDirectory = async (
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<string> => {
  if (await useIfPresent(directory)) return directory;
  const temporary = `${directory}.${randomUUID()}`;
  try {
    await mkdir(temporary, { recursive: true });
    await fill(temporary);
    // Another build may have been quicker: its directory has the same content.
    await rename(temporary, directory).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return directory;
};
