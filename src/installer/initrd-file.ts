import { open } from 'node:fs/promises';
import { VappError } from '../errors.js';
import { cpioFrame } from './cpio.js';

/** A file of this machine that becomes one of the initrd: `path` is its place there, without a slash in front. */
export interface InitrdFile {
  file: string;
  path: string;
  permissions?: number;
}

/**
 * Hands a file to `append` as a cpio entry, in chunks. Its size stands before its bytes, so as many are taken as there were at the start.
 * Throws VAPP_SPEC_SOURCE_READ when it is gone, cannot be read, or is cut short meanwhile.
 */
export const appendFile = async (
  { file, path, permissions = 0o644 }: InitrdFile,
  append: (data: Uint8Array) => Promise<void>,
): Promise<void> => {
  await using handle = await open(file).catch((error) => unreadable(file, error.message));
  const { size } = await handle.stat();
  const { before, after } = cpioFrame(path, permissions, size);
  await append(before);
  const chunk = Buffer.alloc(Math.min(size, 1 << 20));
  for (let done = 0; done < size; ) {
    const length = Math.min(chunk.length, size - done);
    const { bytesRead } = await handle
      .read(chunk, 0, length, done)
      .catch((error) => unreadable(file, error.message));
    if (bytesRead === 0) unreadable(file, `it had ${size} bytes, and ends after ${done} now`);
    await append(chunk.subarray(0, bytesRead));
    done += bytesRead;
  }
  await append(after);
};

const unreadable = (file: string, why: string): never => {
  throw new VappError('VAPP_SPEC_SOURCE_READ', `cannot read the file ${file}`, {
    why,
    hint: `ls -l ${file}`,
  });
};
