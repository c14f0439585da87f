import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeWhole } from '../whole-file.js';
import { markUsed } from './use.js';

/** Where the cache keeps the file with this SHA-256 (hex, lower case). */
export const cachePath = (cache: string, sha256: string): string =>
  join(cache, 'sha256', sha256.slice(0, 2), sha256);

// Many files are hashed side by side, and the pieces that have been read are all taken before anything else has its turn.
const piece = 1 << 18;

/** SHA-256 (hex) of a file. */
export const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: piece }), hash);
  return hash.digest('hex');
};

// A file is hashed when this process first uses it, and again when its inode, size or time differ from then.
const verified = new Map<string, string>();

const fingerprint = async (path: string): Promise<{ size: number; mark: string } | undefined> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return { size, mark: `${ino}:${size}:${mtimeMs}` };
  } catch {
    return undefined;
  }
};

const nowVerified = async (path: string, mark: string): Promise<void> => {
  // Noting the use changes the mark, and so it does for other processes: they hash the file once more.
  const found = (await markUsed(path)) ? await fingerprint(path) : undefined;
  verified.set(path, found?.mark ?? mark);
};

/** The state of a file of the cache, noting its use; a damaged one is removed. */
export const lookUp = async (cache: string, sha256: string): Promise<'good' | 'absent' | 'damaged'> => {
  const path = cachePath(cache, sha256);
  const found = await fingerprint(path);
  if (!found) return 'absent';
  if (verified.get(path) === found.mark || (await hashFile(path)) === sha256) {
    await nowVerified(path, found.mark);
    return 'good';
  }
  verified.delete(path);
  await rm(path, { force: true });
  return 'damaged';
};

/** Moves a complete, synced file with this SHA-256 to its place. Whoever is there already has the same bytes. */
export const moveIn = async (temporary: string, cache: string, sha256: string): Promise<string> => {
  const path = cachePath(cache, sha256);
  await mkdir(dirname(path), { recursive: true });
  await rename(temporary, path);
  const found = await fingerprint(path);
  if (found) verified.set(path, found.mark);
  return path;
};

/** Puts bytes into the cache and returns their SHA-256. */
export const store = async (cache: string, data: Uint8Array): Promise<string> => {
  const sha256 = createHash('sha256').update(data).digest('hex');
  if ((await lookUp(cache, sha256)) !== 'good') await writeWhole(cachePath(cache, sha256), data);
  return sha256;
};
