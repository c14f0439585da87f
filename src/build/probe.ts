import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../deferred.js';
import { probeDomainXml } from '../domain/index.js';
import { type Connection, isConnectionLost } from '../libvirt/index.js';
import type { HypervisorFacts } from '../plan/plan.js';
import type { BuildContext } from './context.js';
import { startGuest } from './guest.js';
import { probedHost, recallProbe, rememberProbe } from './host.js';
import { endedFromOutside, isFromOutside } from './interference.js';

/** Seconds until a kernel under working KVM has printed its first line; it takes about one. */
const probeLimit = 15;

/**
 * Boots the kit's kernel under KVM and waits for its first serial line, once per host and kernel. A /dev/kvm that opens is
 * not enough: there are hosts (nested, or with a software KVM) where a stock kernel never prints anything.
 */
export async function probeKvm(
  context: BuildContext,
  facts: HypervisorFacts,
  kernel: { path: string; version: string },
): Promise<{ works: boolean; reason: string }> {
  const host = await probedHost(context.connection);
  const known = recallProbe(host, kernel.version);
  if (known) return { works: known.works, reason: known.reason };
  context.emit({ type: 'notice', text: 'trying whether KVM works on this host' });
  const { started, ...outcome } = await bootOnce(context, facts, kernel.path);
  // A guest that could not be started may start tomorrow: permissions, memory and the like can be mended.
  if (started) rememberProbe(host, { ...outcome, kernel: kernel.version, at: new Date().toISOString() });
  return outcome;
}

async function bootOnce(
  context: BuildContext,
  facts: HypervisorFacts,
  kernelPath: string,
): Promise<{ works: boolean; reason: string; started: boolean }> {
  const name = `vapp-build-${context.id}-probe`;
  const { appliance } = context.resolved.appliance;
  const spoke = deferred<void>();
  let text = '';
  try {
    const guest = await startGuest({
      connection: context.connection,
      scope: context.scope,
      name,
      xml: probeDomainXml(facts, { name, kernelPath, build: context.id, appliance }),
      engine: 'kvm',
      keep: false,
      channels: [
        {
          device: 'serial0',
          onData: (chunk) => {
            // A line may come in pieces.
            text = (text + chunk.toString('latin1')).slice(-1024 - chunk.length);
            if (text.includes('Linux version')) spoke.resolve();
          },
        },
      ],
    });
    try {
      const outcome = await Promise.race([
        spoke.promise.then(() => 'spoke'),
        guest.stopped.then((reason) => silentEnd({ connection: context.connection, name, reason })),
        sleep(probeLimit * 1000, `a kernel printed nothing within ${probeLimit} s`, {
          signal: context.signal,
          ref: false,
        }),
      ]);
      return outcome === 'spoke'
        ? { works: true, reason: 'a kernel boots', started: true }
        : { works: false, reason: outcome, started: true };
    } finally {
      await guest.end();
    }
  } catch (error) {
    context.signal.throwIfAborted();
    // That says nothing about KVM, and the outcome is remembered.
    if (isConnectionLost(error) || isFromOutside(error)) throw error;
    return { works: false, reason: error instanceof Error ? error.message : String(error), started: false };
  }
}

/** A guest that someone else destroyed proves nothing about KVM. */
function silentEnd(o: { connection: Connection; name: string; reason: string }): string {
  if (o.reason === 'destroyed') throw endedFromOutside(o);
  return `the guest ended (${o.reason}) before it printed a line`;
}
