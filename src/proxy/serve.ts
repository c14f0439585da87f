import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { cachePath } from '../archive/cache.js';
import { VappError } from '../errors.js';
import type { KnownFile, Resource } from './catalog.js';
import type { Downloads } from './downloads.js';
import { type Exchange, type Open, sendFile, sendText } from './respond.js';
import type { ProxyStats } from './stats.js';

export interface ServeContext {
  cache: string;
  downloads: Downloads;
  stats: ProxyStats;
}

const readFile =
  (path: string): Open =>
  (start, end) =>
    createReadStream(path, { start, end, highWaterMark: 1 << 17 });

const sendDownload = async (
  exchange: Exchange,
  file: KnownFile,
  { downloads, stats }: ServeContext,
): Promise<void> => {
  await sendFile(exchange, file, async (start, end) => {
    const { download, isNew } = downloads.join(file);
    stats[isNew ? 'misses' : 'hits'] += 1;
    const handle = await download.open();
    return (async function* () {
      try {
        yield* download.read(handle, start, end);
      } finally {
        await handle.close();
      }
    })();
  });
};

const sendResource = async (exchange: Exchange, resource: Resource, context: ServeContext): Promise<void> => {
  const { cache, downloads, stats } = context;
  if (resource.kind === 'known' && !(await downloads.isCached(resource)))
    return sendDownload(exchange, resource, context);
  stats.hits += 1;
  if (resource.kind === 'known')
    return sendFile(exchange, resource, readFile(cachePath(cache, resource.sha256)));
  if (resource.kind === 'local') return sendFile(exchange, resource, readFile(resource.path));
  const { data } = resource;
  return sendFile(exchange, resource, async function* (start, end) {
    yield data.subarray(start, end + 1);
  });
};

const explain = (error: unknown): string =>
  error instanceof VappError ? [error.message, error.why].filter(Boolean).join('\n') : String(error);

/**
 * Answers a request for a file. Never rejects: a failure before the first byte is a 502 that says why, a later one cuts the
 * connection, so that the client cannot take what it has for the whole.
 */
export const serve = async (
  request: IncomingMessage,
  response: ServerResponse,
  resource: Resource,
  context: ServeContext,
): Promise<void> => {
  const onBytes = (count: number) => {
    context.stats.bytesOut += count;
  };
  try {
    await sendResource({ request, response, onBytes }, resource, context);
  } catch (error) {
    // The client went: nobody is left to tell.
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    context.stats.failed += 1;
    if (response.headersSent) response.destroy();
    else sendText(response, 502, explain(error));
  }
};
