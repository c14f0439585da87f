import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCleartextMessage,
  generateKey,
  type Key,
  type PrivateKey,
  readKey,
  readPrivateKey,
  sign,
} from 'openpgp';
import { expect, onTestFinished } from 'vitest';
import type { FetchContext } from '../../src/archive/types.js';
import type { VappError } from '../../src/errors.js';
import type { VappEvent } from '../../src/events.js';

export const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'vapp-archive-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** A context with a fresh cache, two quick retries and its events kept. */
export const testContext = async (): Promise<FetchContext & { events: VappEvent[] }> => {
  const events: VappEvent[] = [];
  return {
    cache: await temporaryDirectory(),
    emit: (event) => events.push(event),
    retry: { attempts: 3, delay: 1 },
    timeout: 2000,
    events,
  };
};

export const failure = async (promise: Promise<unknown>): Promise<VappError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: VappError) => error,
  );

export type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer | undefined) => void;

export interface TestServer {
  url: string;
  /** Path → content. */
  files: Map<string, Buffer>;
  /** Path → what to do instead of serving the file. */
  special: Map<string, Handler>;
  requests: { method: string; url: string; headers: IncomingMessage['headers'] }[];
  hits(path: string): number;
  close(): Promise<void>;
}

/** Serves one file as a mirror does: ranges, If-Range, If-None-Match. */
export const serve: Handler = (request, response, body) => {
  if (!body) return void response.writeHead(404).end();
  const etag = `"${sha256(body).slice(0, 16)}"`;
  response.setHeader('etag', etag);
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  const condition = request.headers['if-range'];
  if (Number.isNaN(start) || (condition && condition !== etag))
    return void response.writeHead(200, { 'content-length': body.length }).end(body);
  if (start >= body.length) return void response.writeHead(416).end();
  response.writeHead(206, {
    'content-range': `bytes ${start}-${body.length - 1}/${body.length}`,
    'content-length': body.length - start,
  });
  response.end(body.subarray(start));
};

const bytesOnDisk = async (cache: string): Promise<number> => {
  const parts = join(cache, 'parts');
  const sizes = await Promise.all(
    (await readdir(parts)).map(async (name) => (await stat(join(parts, name))).size),
  );
  return Math.max(0, ...sizes);
};

/** Announces the whole file, sends `length` bytes of what was asked for, and cuts the connection when they lie in the cache. */
export const cutAfter =
  (length: number, cache: string): Handler =>
  async (request, response, body = Buffer.alloc(0)) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = start > 0 ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {};
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length - start, ...range });
    response.write(body.subarray(start, start + length));
    await expect.poll(() => bytesOnDisk(cache), { interval: 2, timeout: 5000 }).toBe(start + length);
    response.destroy();
  };

/** The given handlers one after the other, then a proper answer. */
export const inTurn = (...handlers: Handler[]): Handler => {
  const left = [...handlers];
  return (request, response, body) => (left.shift() ?? serve)(request, response, body);
};

export const status =
  (code: number): Handler =>
  (_request, response) =>
    response.writeHead(code).end();

export const startServer = async (): Promise<TestServer> => {
  const files: TestServer['files'] = new Map();
  const special: TestServer['special'] = new Map();
  const requests: TestServer['requests'] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers });
    const path = decodeURI(new URL(url, 'http://mirror.example').pathname);
    (special.get(path) ?? serve)(request, response, files.get(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  const hits = (path: string): number => requests.filter(({ url }) => url === path).length;
  return { url: `http://127.0.0.1:${port}`, files, special, requests, hits, close };
};

export interface TestKey {
  secret: PrivateKey;
  /** Armoured. */
  public: string;
}

export const makeKey = async (date = new Date('2026-01-01'), keyExpirationTime = 0): Promise<TestKey> => {
  const made = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: `archive ${randomUUID()}` }],
    date,
    keyExpirationTime,
    format: 'armored',
  });
  return { secret: await readPrivateKey({ armoredKey: made.privateKey }), public: made.publicKey };
};

export const readPublic = async (key: TestKey): Promise<Key> => readKey({ armoredKey: key.public });

export const clearsign = async (text: string, keys: readonly TestKey[], date: Date): Promise<Buffer> =>
  Buffer.from(
    await sign({
      message: await createCleartextMessage({ text }),
      signingKeys: keys.map(({ secret }) => secret),
      date,
    }),
  );
