import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Emit } from '../events.js';
import { sendText } from './respond.js';
import type { Router } from './routes.js';
import { type ServeContext, serve } from './serve.js';
import { isRefusal, parseTarget, type Refusal } from './target.js';
import { makeWarner } from './warnings.js';

export interface ServerContext extends ServeContext {
  route: Router;
  emit: Emit;
}

/** Milliseconds for a client to send its request's head. Generous: an emulated guest may stand still for long. */
const headTimeout = 120_000;
const keepAlive = 60_000;
/** apt opens one connection a host, an untrusted guest as many as it likes. */
const mostConnections = 128;

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
