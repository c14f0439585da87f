import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cachePath } from '../archive/cache.js';
import { VappError } from '../errors.js';
import type { KnownFile, Resource } from './catalog.js';
import { type Answer, decide, etagOf, type Validators } from './conditions.js';
import type { Downloads } from './downloads.js';

/** Bytes are of bodies. */
export interface ProxyStats {
  requests: number;
  /** Answered without an upstream. */
  hits: number;
  misses: number;
  refused: number;
  failed: number;
  bytesOut: number;
  bytesIn: number;
}

export interface ServeContext {
  cache: string;
  downloads: Downloads;
  stats: ProxyStats;
}

interface Exchange extends ServeContext {
  request: IncomingMessage;
  response: ServerResponse;
}

/** Ends an exchange with a line for people; apt shows the status, and a log the text. */
export const sendText = (
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void => {
  const body = Buffer.from(`${text}\n`);
  const common = { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length };
  response.writeHead(status, { ...common, ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
};

const headersFor = (answer: Answer, file: Validators): Record<string, string | number> => {
  const etag = etagOf(file);
  const known = { 'last-modified': file.modified.toUTCString(), ...(etag ? { etag } : {}) };
  const ranged = { ...known, 'accept-ranges': 'bytes' };
  if (answer.status === 304) return known;
  if (answer.status === 416) return { 'content-range': `bytes */${file.size}`, 'content-length': 0 };
  if (answer.status === 200) return { ...ranged, 'content-length': file.size };
  const { start, end } = answer;
  return {
    ...ranged,
    'content-length': end - start + 1,
    'content-range': `bytes ${start}-${end}/${file.size}`,
  };
};

type Open = (start: number, end: number) => Promise<AsyncIterable<Buffer>> | AsyncIterable<Buffer>;

/** Sends what the request's conditions leave of a file; the body is only opened when bytes of it are wanted. */
const sendFile = async (exchange: Exchange, file: Validators, open: Open): Promise<void> => {
  const { request, response, stats } = exchange;
  const answer = request.method === 'HEAD' ? { status: 200 as const } : decide(request.headers, file);
  const start = answer.status === 206 ? answer.start : 0;
  const end = answer.status === 206 ? answer.end : file.size - 1;
  const isEmpty = request.method === 'HEAD' || answer.status === 304 || answer.status === 416 || end < start;
  const body = isEmpty ? undefined : await open(start, end);
  response.writeHead(answer.status, headersFor(answer, file));
  if (!body) {
    response.end();
    return;
  }
  const counted = async function* () {
    for await (const chunk of body) {
      stats.bytesOut += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted(), { objectMode: false, highWaterMark: 1 << 18 }), response);
};

const readFile =
  (path: string): Open =>
  (start, end) =>
    createReadStream(path, { start, end, highWaterMark: 1 << 17 });

const sendDownload = async (exchange: Exchange, file: KnownFile): Promise<void> => {
  const { downloads, stats } = exchange;
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

const sendResource = async (exchange: Exchange, resource: Resource): Promise<void> => {
  const { cache, downloads, stats } = exchange;
  if (resource.kind === 'known' && !(await downloads.isCached(resource)))
    return sendDownload(exchange, resource);
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
  try {
    await sendResource({ ...context, request, response }, resource);
  } catch (error) {
    // The client went: nobody is left to tell.
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    context.stats.failed += 1;
    if (response.headersSent) response.destroy();
    else sendText(response, 502, explain(error));
  }
};
