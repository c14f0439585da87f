import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Answer, decide, etagOf, type Validators } from './conditions.js';

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Hears of each piece of a body that is sent. */
  onBytes(count: number): void;
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

/** Gives the bytes from `start` to `end`, both included. */
export type Open = (start: number, end: number) => Promise<AsyncIterable<Buffer>> | AsyncIterable<Buffer>;

/** Sends what the request's conditions leave of a file; the body is only opened when bytes of it are wanted. */
export const sendFile = async (exchange: Exchange, file: Validators, open: Open): Promise<void> => {
  const { request, response } = exchange;
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
      exchange.onBytes(chunk.length);
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted(), { objectMode: false, highWaterMark: 1 << 18 }), response);
};
