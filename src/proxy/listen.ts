import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VappError } from '../errors.js';

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
