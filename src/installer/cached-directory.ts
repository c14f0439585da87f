import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';

/** A directory of the cache that is there whole or not at all. */
export const cachedDirectory = async (
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<string> => {
  const present = await access(directory).then(
    () => true,
    () => false,
  );
  if (present) return directory;
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
