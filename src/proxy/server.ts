import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { VappError } from '../errors.js';
import type { Emit, VappEvent } from '../events.js';
import type { Router } from './routes.js';
import { type ServeContext, sendText, serve } from './serve.js';
import { isRefusal, parseTarget, type Refusal } from './target.js';

export interface ServerContext extends ServeContext {
  route: Router;
  emit: Emit;
}

/** Milliseconds for a client to send its request's head. Generous: an emulated guest may stand still for long. */
const headTimeout = 120_000;
const keepAlive = 60_000;
/** apt opens one connection a host, an untrusted guest as many as it likes. */
const mostConnections = 128;
/** Refusals that are told of; a guest that asks for thousands of things must not flood the log. */
const mostWarnings = 20;

/** What a client sent, fit for a line of a log. */
const shown = (text: string): string => {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
};

/** The warning for a download that failed: which mirror, and why. */
export const failureWarning = (error: unknown): VappEvent =>
  error instanceof VappError
    ? {
        type: 'warning',
        text: `Package proxy: ${error.message}. ${error.why ?? ''}`.trim(),
        ...(error.hint ? { hint: error.hint } : {}),
      }
    : { type: 'warning', text: `Package proxy: ${error instanceof Error ? error.message : String(error)}` };

const refusalOf = (request: IncomingMessage): Refusal | undefined => {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, reason: 'only GET and HEAD are served' };
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0)
    return { status: 400, reason: 'a request with a body is not served' };
  return undefined;
};

const find = (request: IncomingMessage, route: Router): ReturnType<Router> => {
  const refusal = refusalOf(request);
  if (refusal) return refusal;
  const target = parseTarget(request.url ?? '');
  return isRefusal(target) ? target : route(target);
};

/** Tells of each refused request once. Missing files are no news: clients try names. */
const makeWarner = (emit: Emit): ((url: string, refusal: Refusal) => void) => {
  const told = new Set<string>();
  return (url, { status, reason }) => {
    if (status === 404 || told.size >= mostWarnings || told.has(url)) return;
    told.add(url);
    emit({ type: 'warning', text: `Package proxy: refused ${shown(url)}: ${reason}` });
  };
};

const refuse = (response: ServerResponse, { status, reason }: Refusal): void => {
  const allow: Record<string, string> = status === 405 ? { allow: 'GET, HEAD' } : {};
  // Whoever sends what we do not read must not have the rest of it taken for another request.
  const end: Record<string, string> = status === 404 || status === 403 ? {} : { connection: 'close' };
  sendText(response, status, `refused: ${reason}`, { ...allow, ...end });
};

const rawAnswer = (status: number, text: string): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
  `Content-Length: ${Buffer.byteLength(text) + 1}\r\n\r\n${text}\n`;

const clientErrors: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const endSocket = (socket: Duplex, status: number, text: string): void => {
  socket.on('error', () => undefined);
  if (socket.writable) socket.end(rawAnswer(status, text), () => socket.destroy());
  else socket.destroy();
};

/** Makes the server; it does not listen yet. */
export const createProxyServer = (context: ServerContext): Server => {
  const { stats, route, emit } = context;
  const warn = makeWarner(emit);
  const server = createServer(
    { headersTimeout: headTimeout, requestTimeout: headTimeout },
    (request, response) => {
      stats.requests += 1;
      const found = find(request, route);
      if (!isRefusal(found)) return void serve(request, response, found, context);
      stats.refused += 1;
      warn(`${request.method} ${request.url}`, found);
      refuse(response, found);
    },
  );
  server.keepAliveTimeout = keepAlive;
  server.maxConnections = mostConnections;
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    stats.requests += 1;
    stats.refused += 1;
    const refusal = { status: 403, reason: 'tunnels are not made; write the address with http' };
    warn(`CONNECT ${request.url}`, refusal);
    endSocket(socket, refusal.status, `refused: ${refusal.reason}`);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    endSocket(socket, clientErrors[error.code ?? ''] ?? 400, 'not understood'),
  );
  return server;
};

const wildcards = new Set(['0.0.0.0', '::', '', '*']);

const cannotListen = (host: string, why: string, cause?: unknown): VappError =>
  new VappError('VAPP_PROXY_LISTEN', `The package proxy cannot listen on ${host || 'every address'}`, {
    why,
    hint: 'Show the addresses of this host: ip -brief address',
    cause,
  });

/** Listens on one address, never on all. Throws VAPP_PROXY_LISTEN. */
export const listen = async (
  server: Server,
  { host, port = 0 }: { host: string; port?: number },
): Promise<{ host: string; port: number }> => {
  if (wildcards.has(host)) throw cannotListen(host, 'It would be open to the whole network.');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw cannotListen(`${host}:${port}`, error instanceof Error ? error.message : String(error), error);
  }
  const { address, port: bound } = server.address() as AddressInfo;
  return { host: address, port: bound };
};
