import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { VappError } from '../../errors.js';
import type { HypervisorFacts, NetworkChoice } from '../../plan/plan.js';
import type { BuildContext } from '../context.js';
import { endDeadLine } from '../reach/dead-line.js';
import { loopback, parseProxyAddress } from '../reach/proxy-address.js';
import { type SshCommand, sshCommand } from '../reach/ssh-command.js';
import { openForward } from '../reach/ssh-forward.js';
import { refuseElsewhere } from './checks.js';
import { networkGateway } from './xml.js';

/** Address under which QEMU's user network shows the host's loopback to the guest (qemu(1), -netdev user). */
const userNetworkHost = '10.0.2.2';

/** How the installer guest reaches the package proxy. */
export interface ProxyRoute {
  /** Where the proxy listens on this machine. */
  listen: { host: string; port?: number };
  /** Gives the port free for the proxy, where it has been held since the route was opened. */
  release?(): Promise<void>;
  /** `HOST:PORT` as the guest names a proxy that listens on `port`. */
  guestAddress(port: number): string;
  /** Rejects when the way is gone. */
  lost?: Promise<never>;
}

type RouteContext = Pick<BuildContext, 'connection' | 'options' | 'scope' | 'signal'>;

/**
 * Opens the way by which a guest of the libvirt host reaches this process, before anything is made: a guest here by
 * loopback or gateway, one elsewhere by an ssh forward or by the address that the user names. The scope ends it.
 * Throws VAPP_HOST_REMOTE, VAPP_HOST_NETWORK, VAPP_HOST_PROXY_ADDRESS, and what sshCommand and openForward throw.
 */
export async function openRoute(
  context: RouteContext,
  facts: HypervisorFacts,
  network: NetworkChoice,
): Promise<ProxyRoute> {
  const { proxyAddress } = context.options;
  if (proxyAddress !== undefined) return await namedRoute(context, proxyAddress);
  const ssh = facts.remote ? sshCommand(facts.uri) : undefined;
  if (ssh) return await sshRoute(context, ssh, network);
  await refuseElsewhere(context.connection, facts);
  return await localRoute(context, network);
}

async function sshRoute(context: RouteContext, ssh: SshCommand, network: NetworkChoice): Promise<ProxyRoute> {
  const { there, seenAs } = await meetingPoint(context, ssh, network);
  const held = await hold(context, { host: loopback });
  const here = { host: loopback, port: held.listen.port };
  const forward = await openForward(ssh, { there, here }, context.signal);
  context.scope.defer('the ssh forward', () => forward.close());
  // Perhaps the line is dead, and libvirt's client has not heard.
  forward.lost.catch(() => endDeadLine(context.connection.uri));
  return { ...held, guestAddress: () => `${seenAs}:${forward.port}`, lost: forward.lost };
}

/** Where the forward listens on the libvirt host, and what its guests call that. */
async function meetingPoint(
  { connection }: RouteContext,
  ssh: SshCommand,
  network: NetworkChoice,
): Promise<{ there: string; seenAs: string }> {
  if (network.type === 'user') return { there: loopback, seenAs: userNetworkHost };
  const gateway = network.type === 'network' ? await networkGateway(connection, network.name) : undefined;
  if (!gateway) throw outOfReach(ssh.host, network);
  return { there: gateway, seenAs: gateway };
}

async function localRoute({ connection }: RouteContext, network: NetworkChoice): Promise<ProxyRoute> {
  if (network.type === 'user') {
    return { listen: { host: loopback }, guestAddress: (port) => `${userNetworkHost}:${port}` };
  }
  const gateway = network.type === 'network' ? await networkGateway(connection, network.name) : undefined;
  if (gateway) return { listen: { host: gateway }, guestAddress: (port) => `${gateway}:${port}` };
  throw new VappError(
    'VAPP_HOST_NETWORK',
    `the guest cannot reach this host over ${network.type} ${network.name}`,
    {
      why: 'the package proxy needs an address of this host in the guest’s network, and libvirt names none',
      hint: 'name one with --proxy-address HOST, or leave --network away',
    },
  );
}

async function namedRoute(context: RouteContext, text: string): Promise<ProxyRoute> {
  const address = parseProxyAddress(text);
  const held = await hold(context, address);
  return { ...held, guestAddress: (port) => `${address.host}:${port}` };
}

/** Listens until the proxy does: a wrong address or a taken port shows before anything is made. */
async function hold(
  { scope }: RouteContext,
  wanted: { host: string; port?: number },
): Promise<{ listen: { host: string; port: number }; release(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ port: 0, ...wanted, exclusive: true });
    await once(server, 'listening');
  } catch (cause) {
    throw new VappError('VAPP_HOST_PROXY_ADDRESS', `the package proxy cannot listen on ${wanted.host}`, {
      why: cause instanceof Error ? cause.message : String(cause),
      hint: isTaken(cause)
        ? 'leave the port away: a free one is taken'
        : 'ip -brief address   # the addresses of this machine',
      cause,
    });
  }
  const release = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  scope.defer('the port of the package proxy', release);
  return { listen: { host: wanted.host, port: (server.address() as AddressInfo).port }, release };
}

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

const outOfReach = (host: string, network: Exclude<NetworkChoice, { type: 'user' }>): VappError =>
  new VappError(
    'VAPP_HOST_NETWORK',
    `no guest of ${network.type} ${network.name} on ${host} reaches this machine`,
    {
      why: `libvirt names no address of ${host} in that network, where an ssh forward could listen`,
      hint: '--proxy-address HOST, an address of this machine that guests there can reach',
    },
  );
