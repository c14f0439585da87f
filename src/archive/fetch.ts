import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { VappError } from '../errors.js';
import { cachePath, lookUp, moveIn } from './cache.js';
import { download } from './download.js';
import { shownUrl, wrongHash } from './errors.js';
import { holdFile } from './hold.js';
import { openPart } from './part.js';
import type { FetchContext, RemoteFile } from './types.js';

const labelOf = ({ label, url }: RemoteFile): string => label ?? basename(shownUrl(url));

// A cache on the way may hold an old or damaged copy; RFC 9111 section 5.2.1.4.
const pastCaches = { 'cache-control': 'no-cache' };

const isWrongContent = (error: unknown): boolean =>
  error instanceof VappError && ['VAPP_ARCHIVE_WRONG_HASH', 'VAPP_ARCHIVE_WRONG_SIZE'].includes(error.code);

const fetchOnce = async (file: RemoteFile, context: FetchContext, past: boolean): Promise<string> => {
  const { url, sha256, size } = file;
  const key = sha256 ?? createHash('sha256').update(url).digest('hex');
  const part = await openPart(join(context.cache, 'parts'), key, sha256 !== undefined && !past);
  const wanted = {
    url,
    provable: sha256 !== undefined,
    headers: past ? pastCaches : {},
    ...(size === undefined ? {} : { size }),
  };
  try {
    await download(part, wanted, context, labelOf(file));
  } catch (error) {
    await part.close();
    // What a cut left may be continued by the next run; what is wrong may not.
    if (part.length === 0 || isWrongContent(error)) await rm(part.path, { force: true });
    throw error;
  }
  const got = await part.finish();
  if (sha256 === undefined || got === sha256) return moveIn(part.path, context.cache, got);
  await rm(part.path, { force: true });
  throw wrongHash(url, got, sha256);
};

/** Another process may be at this file: then it is waited for, and what it has fetched is ours, too. */
const fetchNew = async (file: RemoteFile, context: FetchContext): Promise<string> => {
  if (file.sha256 === undefined) return fetchTwice(file, context);
  using held = await holdFile(context.cache, file.sha256, context);
  const there = held.waited ? await fromCache(file, context) : undefined;
  return there ?? (await fetchTwice(file, context));
};

const fetchTwice = async (file: RemoteFile, context: FetchContext): Promise<string> => {
  try {
    return await fetchOnce(file, context, false);
  } catch (error) {
    if (!isWrongContent(error)) throw error;
    return fetchOnce(file, context, true);
  }
};

const fromCache = async (file: RemoteFile, context: FetchContext): Promise<string | undefined> => {
  if (file.sha256 === undefined) return undefined;
  const state = await lookUp(context.cache, file.sha256);
  if (state === 'good') return cachePath(context.cache, file.sha256);
  if (state === 'damaged')
    context.emit({
      type: 'warning',
      text: `The cached copy of ${labelOf(file)} was damaged; it is fetched again`,
    });
  return undefined;
};

interface Running {
  path: Promise<string>;
  /** Of the caller who began it. */
  signal: AbortSignal | undefined;
}

const running = new Map<string, Running>();

const abandonable = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
};

/**
 * Fetches a file into the cache, if it is not there, and returns its path. Calls for the same file share one download.
 * A copy in the cache is hashed when this process first uses it. Without `sha256` the file is always fetched.
 * Throws VAPP_ARCHIVE_WRONG_SIZE, _WRONG_HASH, and what `download` throws; the reason of `signal` when it is aborted.
 */
export const fetchToCache = async (file: RemoteFile, context: FetchContext): Promise<string> => {
  const key = `${context.cache}\n${file.sha256 ?? file.url}`;
  for (;;) {
    let own = false;
    let shared = running.get(key);
    if (!shared) {
      own = true;
      const path = fromCache(file, context).then((there) => there ?? fetchNew(file, context));
      shared = { path, signal: context.signal };
      running.set(key, shared);
      const forget = (): boolean => running.delete(key);
      path.then(forget, forget);
    }
    try {
      return await abandonable(shared.path, context.signal);
    } catch (error) {
      // The caller whose download we shared gave up; we did not.
      if (own || !shared.signal?.aborted || context.signal?.aborted) throw error;
    }
  }
};
