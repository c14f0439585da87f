import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Mirror {
  url: string;
  /** Paths asked for so far, with the request's range. */
  requests: string[];
  handlers: Map<string, Handler>;
  close(): Promise<void>;
}

/** A mirror on the loopback that serves what `handlers` says and 404 for the rest. */
export const startMirror = async (): Promise<Mirror> => {
  const requests: string[] = [];
  const handlers = new Map<string, Handler>();
  const server = createServer((message, response) => {
    const { pathname } = new URL(message.url ?? '', 'http://mirror.example');
    requests.push([pathname, message.headers.range].filter(Boolean).join(' '));
    const handler = handlers.get(pathname);
    if (handler) return handler(message, response);
    response.writeHead(404).end('not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    handlers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const give =
  (data: Uint8Array): Handler =>
  (_request, response) =>
    response.writeHead(200, { 'content-length': data.length }).end(data);

export interface Got {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** True when the connection was cut before the body's end. */
  cut: boolean;
}

/** One request to a proxy in the form that apt sends. */
export const ask = (
  proxy: { host: string; port: number },
  url: string,
  o: { method?: string; headers?: Record<string, string> } = {},
): Promise<Got> =>
  new Promise((resolve, reject) => {
    const { host, port } = proxy;
    const message = request(
      {
        host,
        port,
        path: url,
        method: o.method ?? 'GET',
        headers: { host: 'x', ...o.headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        const end = (cut: boolean) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            cut,
          });
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => end(!response.complete));
        response.on('error', () => end(true));
      },
    );
    message.on('error', reject);
    message.end();
  });
