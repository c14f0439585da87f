import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from '../../deferred.js';
import { probeDomainXml } from '../../domain/index.js';
import { type Connection, isConnectionLost } from '../../libvirt/index.js';
import type { HypervisorFacts } from '../../plan/plan.js';
import type { BuildContext } from '../context.js';
import { startGuest } from '../guest/guest.js';
import { endedFromOutside, isFromOutside } from '../guest/interference.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';
import { probedHost, recallProbe, rememberProbe } from './host.js';

/** Seconds until a kernel under working KVM has printed its first line; it takes about one, and 15 where KVM itself is emulated. */
const probeLimit = 18;

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
  const { counts, ...outcome } = await bootOnce(context, facts, kernel.path);
  rememberProbe({ host, ...outcome, kernel: kernel.version, at: new Date().toISOString(), ...counts });
  return outcome;
}

interface Outcome {
  works: boolean;
  reason: string;
  /**
   * For how long: a guest that said nothing counts for a while, as the host may have been busy, or out of memory; one that could
   * not be started not for the next build, as permissions and the like can be mended.
   */
  counts?: { silent: true } | { again: true };
}

async function bootOnce(context: BuildContext, facts: HypervisorFacts, kernelPath: string): Promise<Outcome> {
  const name = `vapp-build-${context.id}-probe`;
  const { appliance } = context.resolved.appliance;
  const spoke = deferred<void>();
  let text = '';
  const xml = probeDomainXml(facts, { name, kernelPath, build: context.id, appliance });
  writeBuildFile(context.directory, buildFiles.probeXml, xml);
  try {
    const guest = await startGuest({
      connection: context.connection,
      scope: context.scope,
      name,
      xml,
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
        sleep(probeLimit * 1000, 'silent', { signal: context.signal, ref: false }),
      ]);
      if (outcome === 'spoke') return { works: true, reason: 'a kernel boots' };
      const reason = outcome === 'silent' ? `a kernel printed nothing within ${probeLimit} s` : outcome;
      return { works: false, reason, counts: { silent: true } };
    } finally {
      await guest.end();
    }
  } catch (error) {
    context.signal.throwIfAborted();
    // That says nothing about KVM, and the outcome is remembered.
    if (isConnectionLost(error) || isFromOutside(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { works: false, reason, counts: { again: true } };
  }
}

/** A guest that someone else destroyed proves nothing about KVM. */
function silentEnd(o: { connection: Connection; name: string; reason: string }): string {
  if (o.reason === 'destroyed') throw endedFromOutside(o);
  return `the guest ended (${o.reason}) before it printed a line`;
}
