import { VappError } from '../../errors.js';

/** Where nothing but a machine's own programs, and user networks of its guests, get. */
export const loopback = '127.0.0.1';

/** An address of this machine that guests can reach. */
export interface ProxyAddress {
  host: string;
  /** A free one unless given. */
  port?: number;
}

const form = /^([A-Za-z0-9][A-Za-z0-9.-]*)(?::([0-9]{1,5}))?$/;
const loopbacks = /^(?:127\.|localhost$)/;

/** Reads HOST[:PORT]: a name or an IPv4 address. Pure. Throws VAPP_HOST_PROXY_ADDRESS. */
export function parseProxyAddress(text: string): ProxyAddress {
  const [, host = '', digits] = form.exec(text) ?? [];
  const port = Number(digits ?? 1);
  if (host === '' || port < 1 || port > 65_535) throw refused(text, 'it is not HOST or HOST:PORT');
  // The emulated installer has no IPv6, and nobody reaches the loopback of another machine.
  if (loopbacks.test(host)) throw refused(text, 'a guest that names its loopback reaches itself');
  if (/^0+(?:\.0+)*$/.test(host)) throw refused(text, 'it stands for all addresses; a guest needs one');
  return { host, ...(digits !== undefined && { port }) };
}

const refused = (text: string, why: string): VappError =>
  new VappError('VAPP_HOST_PROXY_ADDRESS', `${JSON.stringify(text)} is no address of the package proxy`, {
    why,
    hint: '--proxy-address 192.0.2.10, or 192.0.2.10:3142: an IPv4 address or name of this machine',
  });
