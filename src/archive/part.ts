import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
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

/** Milliseconds after which a dead process's part is not worth keeping. */
const stale = 86_400_000;

const isStale = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > stale;
};

const orphans = async (directory: string): Promise<string[]> => {
  const ours = `.${hostname()}.`;
  const isOrphan = (name: string): boolean => {
    const [, pid] = /\.(\d+)\.part$/.exec(name) ?? [];
    const other = pid !== undefined && Number(pid) !== process.pid && name.endsWith(`${ours}${pid}.part`);
    return other && !isRunning(Number(pid));
  };
  return (await readdir(directory)).filter(isOrphan);
};

const adoptOrphan = async (directory: string, key: string, path: string): Promise<void> => {
  for (const name of await orphans(directory)) {
    const orphan = join(directory, name);
    if (name.startsWith(`${key}.`)) await rename(orphan, path).catch(() => undefined);
    else if (await isStale(orphan)) await rm(orphan, { force: true });
  }
};

/**
 * Opens `KEY.HOST.PID.part` in `directory`. With `resume`, bytes that this or a dead process left are kept;
 * their content is unproved, so the whole must be checked against a known hash. What others left a day ago is removed.
 */
export const openPart = async (directory: string, key: string, resume: boolean): Promise<Part> => {
  const path = join(directory, partName(key, process.pid));
  await mkdir(directory, { recursive: true });
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
