import { hostname, networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ensureNetwork,
  refuseElsewhere,
  tellIdleNetwork,
  warnOfSpace,
} from '../../../src/build/host/checks.js';
import type { VappEvent } from '../../../src/events.js';
import type { Connection, Network, Pool } from '../../../src/libvirt/index.js';
import { facts } from '../../domain/support.js';
import { openInline } from '../../libvirt/inline.js';

vi.mock('node:os', async (original) => {
  const real = await original<typeof import('node:os')>();
  return { ...real, networkInterfaces: vi.fn(real.networkInterfaces) };
});

let connection: Connection;
let events: VappEvent[];
const emit = (event: VappEvent): void => void events.push(event);
beforeEach(async () => {
  events = [];
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

describe('place', () => {
  const at = (name: string): Connection => ({ hostname: async () => name }) as Connection;

  test('another machine is refused: no guest there reaches the loopback here', async () => {
    await expect(refuseElsewhere(at('kvm1.example.org'), { ...facts, remote: true })).rejects.toMatchObject({
      code: 'VAPP_HOST_REMOTE',
      message: 'no guest of kvm1.example.org reaches the package proxy of this machine',
      hint: expect.stringContaining('--proxy-address HOST'),
    });
  });

  const namesake = at(`${hostname().split('.')[0]}.example.org`);

  test.each(['qemu+tcp://127.0.0.1:16509/system', 'qemu+tls://[::1]/system', 'qemu+tcp:///system'])(
    '%s, where this machine’s name is heard, is none',
    async (uri) => {
      vi.mocked(networkInterfaces).mockReturnValue({
        lo: [{ address: '127.0.0.1' }, { address: '::1' }],
      } as never);
      await refuseElsewhere(namesake, { ...facts, uri, remote: true });
    },
  );

  test('a namesake elsewhere is another machine', async () => {
    // RFC 5737: nobody has that address.
    await expect(
      refuseElsewhere(namesake, { ...facts, uri: 'qemu+tls://192.0.2.1/system', remote: true }),
    ).rejects.toMatchObject({ code: 'VAPP_HOST_REMOTE' });
  });

  test('a daemon of this machine is asked nothing', async () => {
    await refuseElsewhere(at('elsewhere'), { ...facts, remote: false });
  });
});

describe('network', () => {
  const choice = { type: 'network', name: 'default' } as const;
  const stopped = async (): Promise<Network> => {
    const network = (await connection.lookupNetwork('default'))!;
    await network.destroy();
    return network;
  };

  test('the one asked for is started when it is inactive', async () => {
    const network = await stopped();
    await ensureNetwork(connection, choice, emit);
    expect(await network.isActive()).toBe(true);
    expect(events).toEqual([{ type: 'notice', text: 'started the network default' }]);
  });

  test('an active one, and user networking, are left alone', async () => {
    await ensureNetwork(connection, choice, emit);
    await ensureNetwork(connection, { type: 'user' }, emit);
    expect(events).toEqual([]);
  });

  test('one that does not start: the reason and the line to type', async () => {
    const network = await stopped();
    vi.spyOn(network, 'start').mockRejectedValue(new Error('address already in use'));
    vi.spyOn(connection, 'lookupNetwork').mockResolvedValue(network);
    await expect(ensureNetwork(connection, choice, emit)).rejects.toMatchObject({
      code: 'VAPP_HOST_NETWORK',
      message: 'the network default cannot be started',
      why: 'address already in use',
      hint: 'virsh -c test:///default net-start default',
    });
  });

  const idle = { ...facts, privileged: true, networks: [{ name: 'default', active: false }] };

  test('an idle default network is not started unasked, but named', () => {
    tellIdleNetwork(idle, { type: 'user' }, emit);
    expect(events).toEqual([
      {
        type: 'notice',
        text: `the network default is not active, so the template gets user networking → virsh -c ${facts.uri} net-start default`,
      },
    ]);
  });

  test.each([
    ['it is active', { ...idle, networks: [{ name: 'default', active: true }] }, 'user'],
    ['there is none', { ...idle, networks: [] }, 'user'],
    ['the user has no say in it', { ...idle, privileged: false }, 'user'],
    ['another one is asked for', idle, 'bridge'],
  ] as const)('nothing is said when %s', (_, given, type) => {
    tellIdleNetwork({ ...given, networks: [...given.networks] }, { type, name: 'br0' }, emit);
    expect(events).toEqual([]);
  });
});

describe('space', () => {
  const pool = (available: number): Pool => ({ name: 'default', info: async () => ({ available }) }) as Pool;

  test('too little is a warning with the line that shows it', async () => {
    await warnOfSpace(pool(1.5 * 2 ** 30), 'qemu:///system', emit);
    expect(events).toEqual([
      {
        type: 'warning',
        text: 'the storage pool default has 1.5 GiB free, and a build takes about 2 GiB',
        hint: 'virsh -c qemu:///system pool-info default',
      },
    ]);
  });

  test('enough is no word worth', async () => {
    await warnOfSpace(pool(2 ** 31), 'qemu:///system', emit);
    expect(events).toEqual([]);
  });
});
