import { readFile } from 'node:fs/promises';
import { writeWhole } from '../whole-file.js';
import { hashFile } from './cache.js';
import { useIfPresent } from './use.js';

// A file that is named by what it was made of, and not by its content, can rot on the disk without anyone seeing it.

/** Where the SHA-256 (hex) of a sealed file's content stands. */
export const sealOf = (path: string): string => `${path}.sum`;

/** Notes the content of a file that has just been made. */
export const seal = async (path: string): Promise<void> =>
  await writeWhole(sealOf(path), await hashFile(path));

/** Whether a sealed file is there, and what it was when it was sealed; if so, its use is noted. */
export const useIfSealed = async (path: string): Promise<boolean> => {
  try {
    if ((await readFile(sealOf(path), 'utf8')) !== (await hashFile(path))) return false;
  } catch {
    return false;
  }
  return await useIfPresent(path);
};
