import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../whole-file.js';
import { cachePath, lookUp, moveIn } from './cache.js';
import { download } from './download.js';
import type { Answer } from './http.js';
import { openPart } from './part.js';
import type { FetchContext } from './types.js';

/** What the last answer for a URL was, to ask whether it has changed. */
interface Remembered {
  url: string;
  sha256: string;
  etag?: string;
  modified?: string;
}

const memoryPath = (cache: string, url: string): string =>
  join(cache, 'fresh', `${createHash('sha256').update(url).digest('hex')}.json`);

const recall = async (cache: string, url: string): Promise<Remembered | undefined> => {
  try {
    const known = JSON.parse(await readFile(memoryPath(cache, url), 'utf8')) as Remembered;
    return known.url === url && (await lookUp(cache, known.sha256)) === 'good' ? known : undefined;
  } catch {
    return undefined;
  }
};

const remember = async (
  cache: string,
  url: string,
  sha256: string,
  answer: Answer | undefined,
): Promise<void> => {
  const etag = answer?.header('etag');
  const modified = answer?.header('last-modified');
  const known: Remembered = { url, sha256, ...(etag ? { etag } : {}), ...(modified ? { modified } : {}) };
  await writeWhole(memoryPath(cache, url), JSON.stringify(known));
};

const conditions = (known: Remembered | undefined): Record<string, string> => ({
  ...(known?.etag ? { 'if-none-match': known.etag } : {}),
  ...(known?.modified && !known.etag ? { 'if-modified-since': known.modified } : {}),
});

export interface FreshRequest {
  url: string;
  label: string;
  /** The most bytes to accept. */
  limit: number;
  /** Ask the server itself, whatever caches on the way and here hold. */
  anew?: boolean;
}

/** The present content of a URL: asked for each time, sent by the server only when it has changed. Throws what `download` throws. */
export const fetchFresh = async (request: FreshRequest, context: FetchContext): Promise<Buffer> => {
  const { url, label, limit, anew = false } = request;
  const { cache } = context;
  const known = anew ? undefined : await recall(cache, url);
  const headers: Record<string, string> = anew ? { 'cache-control': 'no-cache' } : conditions(known);
  const part = await openPart(join(cache, 'parts'), randomUUID(), false);
  let answer: Answer | undefined;
  try {
    answer = await download(part, { url, limit, provable: false, headers }, context, label);
  } catch (error) {
    await part.close();
    await rm(part.path, { force: true });
    throw error;
  }
  const got = await part.finish();
  if (answer?.status === 304 && known) {
    await rm(part.path, { force: true });
    return readFile(cachePath(cache, known.sha256));
  }
  await remember(cache, url, got, answer);
  return readFile(await moveIn(part.path, cache, got));
};
