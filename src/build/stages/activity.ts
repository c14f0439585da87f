import type { Activity } from '../../installer/watch.js';
import type { Domain } from '../../libvirt/index.js';

/** Counters of a running domain: block and net in bytes, cpu in seconds. What a driver cannot count is left out, so it never counts as activity. */
export async function readActivity(
  domain: Domain,
  o: { disk: string; interface?: string },
): Promise<Activity> {
  const [block, network, info] = await Promise.all([
    domain.blockStats(o.disk).catch(() => undefined),
    o.interface ? domain.interfaceStats(o.interface).catch(() => undefined) : undefined,
    domain.info().catch(() => undefined),
  ]);
  return {
    ...(block && { block: Number(block.readBytes) + Number(block.writeBytes) }),
    ...(network && { net: Number(network.rxBytes) + Number(network.txBytes) }),
    ...(info && { cpu: Number(info.cpuTime) / 1e9 }),
  };
}
