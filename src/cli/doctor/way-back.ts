import { openRoute } from '../../build/host/proxy-route.js';
import { Scope } from '../../build/records/scope.js';
import { VappError } from '../../errors.js';
import type { Connection } from '../../libvirt/index.js';
import type { HypervisorFacts, NetworkChoice } from '../../plan/plan.js';
import { bad, type Finding, ok } from './check.js';

/**
 * Whether a guest of another machine would reach the packages that this one serves: the way is opened as a build does, from
 * the network that its installer would be in.
 */
export async function checkWayBack(
  connection: Connection,
  facts: HypervisorFacts,
  signal: AbortSignal,
): Promise<Finding[]> {
  const network = installerNetwork(facts);
  if (!facts.remote || !network) return [];
  const scope = new Scope();
  try {
    const options = { keep: false, force: false };
    const { lost } = await openRoute({ connection, scope, signal, options }, facts, network);
    return lost ? [ok('packages reach the host’s guests through ssh')] : [];
  } catch (error) {
    if (!(error instanceof VappError)) throw error;
    return [bad(error.message, error.why ?? error.code, error.hint ?? 'vapp build --help')];
  } finally {
    await scope.close();
  }
}

/** Xen has no user network; an inactive one has no address to listen on, and a build starts it first. */
function installerNetwork({ driver, networks }: HypervisorFacts): NetworkChoice | undefined {
  if (driver !== 'Xen') return { type: 'user' };
  const ready = networks.some(({ name, active }) => name === 'default' && active);
  return ready ? { type: 'network', name: 'default' } : undefined;
}
