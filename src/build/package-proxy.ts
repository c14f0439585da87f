import type { InstallArchive } from '../archive/index.js';
import { VappError } from '../errors.js';
import type { Connection } from '../libvirt/index.js';
import type { NetworkChoice, Plan } from '../plan/plan.js';
import { startProxy } from '../proxy/index.js';
import type { BuildContext } from './context.js';
import { networkGateway } from './host-xml.js';
import { asGuestSees } from './sources.js';

/** Address under which QEMU's user network shows the host's loopback to the guest (qemu(1), -netdev user). */
const userNetworkHost = '10.0.2.2';

export interface GuestProxy {
  /** URL and address as the guest sees them. */
  guestUrl: string;
  guestAddress: string;
}

/** Starts the package proxy where the installer guest can reach it and nothing wider; the scope stops it. */
export async function openProxy(
  context: BuildContext,
  plan: Plan,
  archive: InstallArchive,
): Promise<GuestProxy> {
  const { resolved, cache, emit, scope } = context;
  const { listen, guestHost } = await proxyAddress(context.connection, plan.network.installer);
  const proxy = await startProxy({
    listen: { host: listen },
    // The installer speaks http to every mirror; https is spoken from here on.
    upstreams: archive.roots.map((root) => ({
      uri: asGuestSees(root.mirror),
      source: root.mirror,
      archive: root.directory,
    })),
    cache,
    emit,
    ...(resolved.appliance.proxy && { parent: resolved.appliance.proxy }),
  });
  scope.defer('the package proxy', () => proxy.close());
  return { guestUrl: `http://${guestHost}:${proxy.port}`, guestAddress: `${guestHost}:${proxy.port}` };
}

/** Where the proxy listens for a guest in a network, and how the guest names it. Throws VAPP_HOST_NETWORK. */
export async function proxyAddress(
  connection: Connection,
  network: NetworkChoice,
): Promise<{ listen: string; guestHost: string }> {
  if (network.type === 'user') return { listen: '127.0.0.1', guestHost: userNetworkHost };
  const gateway = network.type === 'network' ? await networkGateway(connection, network.name) : undefined;
  if (!gateway) {
    throw new VappError(
      'VAPP_HOST_NETWORK',
      `the guest cannot reach this host over ${network.type} ${network.name}`,
      {
        why: 'the package proxy needs an address of this host in the guest’s network, and libvirt names none',
        hint: 'build with user networking (leave --network away)',
      },
    );
  }
  return { listen: gateway, guestHost: gateway };
}
