import { lookup } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';
import { VappError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { Connection, Pool } from '../../libvirt/index.js';
import type { HypervisorFacts, NetworkChoice } from '../../plan/plan.js';
import { shellWord } from '../../shell-word.js';
import { hostOf } from '../reach/ssh-command.js';

const GiB = 2 ** 30;
/** What a small build takes of the pool while it runs: the installer's media, and the disk with its packages. */
const usualSpace = 2 * GiB;

/**
 * Throws VAPP_HOST_REMOTE when libvirt runs on another machine, from where no guest reaches the loopback of this one. A machine is
 * this one when it has its name and its address: names alone, as `debian`, are given twice, and a tunnel begins here as well.
 */
export async function refuseElsewhere(connection: Connection, facts: HypervisorFacts): Promise<void> {
  if (!facts.remote) return;
  const there = await connection.hostname();
  if (shortName(there) === shortName(hostname()) && (await isAddressedHere(facts.uri))) return;
  throw new VappError('VAPP_HOST_REMOTE', `no guest of ${there} reaches the package proxy of this machine`, {
    why: 'vapp makes a way by itself over ssh only (qemu+ssh://)',
    hint: '--proxy-address HOST, an address of this machine that guests there can reach',
  });
}

async function isAddressedHere(uri: string): Promise<boolean> {
  const host = hostOf(new URL(uri).hostname);
  const found = await lookup(host || 'localhost', { all: true }).catch(() => []);
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return found.some(({ address }) => own.some((one) => one.address === address));
}

const shortName = (name: string): string => name.split('.')[0] ?? name;

/** Starts the libvirt network that was asked for when it is inactive. Throws VAPP_HOST_NETWORK with the virsh line to type. */
export async function ensureNetwork(
  connection: Connection,
  choice: NetworkChoice,
  emit: Emit,
): Promise<void> {
  const network = choice.type === 'network' ? await connection.lookupNetwork(choice.name) : undefined;
  if (!network || (await network.isActive())) return;
  try {
    await network.start();
  } catch (cause) {
    throw new VappError('VAPP_HOST_NETWORK', `the network ${network.name} cannot be started`, {
      why: cause instanceof Error ? cause.message : String(cause),
      hint: `virsh -c ${shellWord(connection.uri)} net-start ${network.name}`,
      cause,
    });
  }
  emit({ type: 'notice', text: `started the network ${network.name}` });
}

/**
 * Says why a template gets user networking on a host that has a network `default`: it is inactive, and starting it
 * changes the host's routes and packet filter, so nobody does it unasked.
 */
export function tellIdleNetwork(facts: HypervisorFacts, final: NetworkChoice, emit: Emit): void {
  const idle = facts.networks.some(({ name, active }) => name === 'default' && !active);
  if (!idle || !facts.privileged || final.type !== 'user') return;
  emit({
    type: 'notice',
    text: `the network default is not active, so the template gets user networking → virsh -c ${shellWord(facts.uri)} net-start default`,
  });
}

/** Warns when a build may not find the space that it takes. */
export async function warnOfSpace(pool: Pool, uri: string, emit: Emit): Promise<void> {
  const { available } = await pool.info();
  if (available >= usualSpace) return;
  emit({
    type: 'warning',
    text: `the storage pool ${pool.name} has ${(available / GiB).toFixed(1)} GiB free, and a build takes about ${usualSpace / GiB} GiB`,
    hint: `virsh -c ${shellWord(uri)} pool-info ${pool.name}`,
  });
}
