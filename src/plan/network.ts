import { VappError } from '../errors.js';
import { shellWord } from '../shell-word.js';
import type { Engine, HypervisorFacts, NetworkChoice, Plan } from './plan.js';

/** Linux: 15 characters of IFNAMSIZ, no slash, no blank. */
const bridgeName = /^[A-Za-z0-9._-]{1,15}$/;

/** Reads a network as people write it: `user`, the name of a libvirt network, or `bridge:NAME`. @throws VappError VAPP_PLAN_NETWORK */
export const parseNetwork = (text: string): NetworkChoice => {
  if (text === 'user') return { type: 'user' };
  if (!text.startsWith('bridge:')) return { type: 'network', name: text };
  const name = text.slice('bridge:'.length);
  if (bridgeName.test(name)) return { type: 'bridge', name };
  throw new VappError('VAPP_PLAN_NETWORK', `${JSON.stringify(name)} is not the name of a bridge`, {
    why: 'an interface has up to 15 letters, digits and . _ -',
    hint: 'ip -brief link show type bridge',
  });
};

const isXen = (engine: Engine): boolean => engine.startsWith('xen');

/**
 * Networks of the installer guest and of the finished domain. QEMU's user network needs no privilege and is nearly always
 * there, so the installer uses it unless a network is asked for; Xen has none. On a remote host it keeps to it, as only
 * from there the way back through ssh is open, unless the package proxy has an address that the user names. Pure.
 * @throws VappError VAPP_PLAN_NETWORK
 */
export const chooseNetworks = (
  engine: Engine,
  facts: HypervisorFacts,
  wanted?: string,
  proxyAddress?: string,
): Plan['network'] => {
  if (wanted !== undefined) {
    const choice = checked(parseNetwork(wanted), engine, facts);
    const wayBack = facts.remote && proxyAddress === undefined && !isXen(engine);
    return { installer: wayBack ? { type: 'user' } : choice, final: choice };
  }
  const standard: NetworkChoice = { type: 'network', name: 'default' };
  if (isXen(engine)) {
    const choice = checked(standard, engine, facts);
    return { installer: choice, final: choice };
  }
  const ready = facts.privileged && facts.networks.some(({ name, active }) => name === 'default' && active);
  if (ready && facts.userNetwork === false && !facts.remote) return { installer: standard, final: standard };
  return { installer: { type: 'user' }, final: ready ? standard : { type: 'user' } };
};

/** Why a host's guests cannot have the user network, if a plan gives it to any; undefined when they can, or nobody knows. */
export const noUserNetwork = (
  { uri, remote, userNetwork }: HypervisorFacts,
  network: Plan['network'] = { installer: { type: 'user' }, final: { type: 'user' } },
): VappError | undefined =>
  userNetwork === false && Object.values(network).some(({ type }) => type === 'user')
    ? new VappError('VAPP_PLAN_NETWORK', `the QEMU of ${uri} has no user network`, {
        why: 'it was built without slirp, as its domain capabilities say (backendType of interfaces)',
        hint: remote
          ? '--network default --proxy-address HOST, an address of this machine that guests there can reach'
          : '--network default, or --network bridge:NAME',
      })
    : undefined;

const checked = (choice: NetworkChoice, engine: Engine, facts: HypervisorFacts): NetworkChoice => {
  if (choice.type === 'user' && isXen(engine))
    throw new VappError('VAPP_PLAN_NETWORK', `${engine} has no user network`, {
      why: 'the user network is a part of QEMU',
      hint: '--network default, or --network bridge:NAME',
    });
  if (choice.type !== 'network' || facts.networks.some(({ name }) => name === choice.name)) return choice;
  const names = facts.networks.map(({ name }) => name).join(', ');
  throw new VappError('VAPP_PLAN_NETWORK', `${facts.uri} has no network ${JSON.stringify(choice.name)}`, {
    why: names ? `its networks are: ${names}` : 'it has no networks',
    hint: `virsh -c ${shellWord(facts.uri)} net-list --all; a bridge of the host is --network bridge:NAME`,
  });
};
