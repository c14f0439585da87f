import type { InstallArchive } from '../../archive/index.js';
import { startProxy } from '../../proxy/index.js';
import type { BuildContext } from '../context.js';
import type { ProxyRoute } from '../host/proxy-route.js';
import { asGuestSees } from './sources.js';

export interface GuestProxy {
  /** URL and address as the guest sees them. */
  guestUrl: string;
  guestAddress: string;
}

/** Starts the package proxy where the installer guest can reach it and nothing wider; the scope stops it. */
export async function openProxy(
  context: BuildContext,
  route: ProxyRoute,
  archive: InstallArchive,
): Promise<GuestProxy> {
  const { resolved, cache, emit, scope } = context;
  await route.release?.();
  const proxy = await startProxy({
    listen: route.listen,
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
  const guestAddress = route.guestAddress(proxy.port);
  return { guestUrl: `http://${guestAddress}`, guestAddress };
}
