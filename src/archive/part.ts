import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A download in progress: the bytes so far on disk, their hash in step with them. */
export interface Part {
  readonly path: string;
  readonly length: number;
  /** ETag or Last-Modified of the answer that the bytes came from. */
  validator: string | undefined;
  append(chunk: Uint8Array): Promise<void>;
  reset(): Promise<void>;
  /** Syncs and closes the file; returns its SHA-256. */
  finish(): Promise<string>;
  /** Closes the file and leaves it for a later run. */
  close(): Promise<void>;
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

// Host and process of the writer stand in the name: a part is taken over only when nobody writes to it any more.
const partName = (key: string, pid: number | string): string => `${key}.${hostname()}.${pid}.part`;

const adoptOrphan = async (directory: string, key: string, path: string): Promise<void> => {
  const [before = '', after = ''] = partName(key, '\0').split('\0');
  for (const name of await readdir(directory)) {
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const pid = Number(name.slice(before.length, -after.length));
    if (!Number.isInteger(pid) || pid === process.pid || isRunning(pid)) continue;
    await rename(join(directory, name), path).catch(() => undefined);
  }
};

/**
 * Opens `KEY.HOST.PID.part` in `directory`. With `resume`, bytes that this or a dead process left are kept;
 * their content is unproved, so the whole must be checked against a known hash.
 */
export const openPart = async (directory: string, key: string, resume: boolean): Promise<Part> => {
  const path = join(directory, partName(key, process.pid));
  await mkdir(dirname(path), { recursive: true });
  if (resume) await adoptOrphan(directory, key, path);
  else await rm(path, { force: true });
  const file = await open(path, 'a');
  let hash = createHash('sha256');
  let length = 0;
  await pipeline(createReadStream(path), async (chunks) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      hash.update(chunk);
      length += chunk.length;
    }
  });
  return {
    path,
    validator: undefined,
    get length() {
      return length;
    },
    async append(chunk) {
      await file.appendFile(chunk);
      hash.update(chunk);
      length += chunk.length;
    },
    async reset() {
      await file.truncate(0);
      hash = createHash('sha256');
      length = 0;
    },
    async finish() {
      await file.sync();
      await file.close();
      return hash.digest('hex');
    },
    close: () => file.close(),
  };
};
