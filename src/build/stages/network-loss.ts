import { VappError } from '../../errors.js';
import { type Connection, isConnectionLost } from '../../libvirt/index.js';
import type { NetworkChoice } from '../../plan/plan.js';
import { shellWord } from '../../shell-word.js';
import { isFromOutside } from '../guest/interference.js';

/**
 * Why a guest that needs its libvirt network really failed: VAPP_BUILD_NETWORK when someone stopped or removed the network, which
 * a guest shows as any error of its downloads. Else `error` itself.
 */
export async function explainedByNetwork(
  connection: Connection,
  choice: NetworkChoice,
  error: unknown,
): Promise<unknown> {
  if (choice.type !== 'network' || isConnectionLost(error) || isFromOutside(error)) return error;
  try {
    const network = await connection.lookupNetwork(choice.name);
    if (await network?.isActive()) return error;
    return lost(connection.uri, choice.name, network ? 'stopped' : 'removed', error);
  } catch {
    return error;
  }
}

const lost = (uri: string, name: string, what: 'stopped' | 'removed', cause: unknown): VappError =>
  new VappError('VAPP_BUILD_NETWORK', `the network ${name} was ${what}`, {
    why: `something else did that while the installer needed it: virsh net-${what === 'stopped' ? 'destroy' : 'undefine'}, a restart of libvirt, or another program`,
    hint:
      what === 'stopped'
        ? `virsh -c ${shellWord(uri)} net-start ${shellWord(name)}, then build again`
        : 'build again with another --network',
    cause,
  });
