import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openRoute } from '../../../src/build/host/proxy-route.js';
import { endDeadLine } from '../../../src/build/reach/dead-line.js';
import { openForward } from '../../../src/build/reach/ssh-forward.js';
import { Scope } from '../../../src/build/records/scope.js';
import type { Connection } from '../../../src/libvirt/index.js';
import type { HypervisorFacts, NetworkChoice } from '../../../src/plan/plan.js';
import { facts } from '../../domain/support.js';
import { openInline } from '../../libvirt/inline.js';

vi.mock('../../../src/build/reach/dead-line.js', () => ({ endDeadLine: vi.fn() }));
vi.mock('../../../src/build/reach/ssh-forward.js', () => ({ openForward: vi.fn() }));

let connection: Connection;
let scope: Scope;
const close = vi.fn(async () => undefined);
beforeEach(async () => {
  connection = await openInline();
  scope = new Scope();
  vi.mocked(openForward).mockResolvedValue({ port: 43210, lost: new Promise(() => undefined), close });
});
afterEach(async () => {
  await scope.close();
  await connection.close();
  vi.clearAllMocks();
});

const user: NetworkChoice = { type: 'user' };
const over = (uri: string): HypervisorFacts => ({ ...facts, uri, remote: true });
const ssh = over('qemu+ssh://root@kvm1/system');
const open = (
  given: HypervisorFacts,
  network: NetworkChoice = user,
  options: { proxyAddress?: string } = {},
) =>
  openRoute(
    {
      connection,
      scope,
      signal: new AbortController().signal,
      options: { keep: false, force: false, ...options },
    },
    given,
    network,
  );
/** Whether something takes connections. */
const answers = async (host: string, port: number): Promise<boolean> => {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

describe('on this machine', () => {
  test('with user networking the proxy listens on the loopback, which the guest sees as 10.0.2.2', async () => {
    const route = await open(facts);
    expect(route.listen).toEqual({ host: '127.0.0.1' });
    expect(route.guestAddress(4711)).toBe('10.0.2.2:4711');
    expect(openForward).not.toHaveBeenCalled();
  });

  test('in a libvirt network it listens on the host’s address there and nothing wider', async () => {
    const route = await open(facts, { type: 'network', name: 'default' });
    expect(route.listen).toEqual({ host: '192.168.122.1' });
    expect(route.guestAddress(4711)).toBe('192.168.122.1:4711');
  });

  test.each([
    { type: 'bridge', name: 'br0' },
    { type: 'network', name: 'isolated' },
  ] as const)('over $type $name the guest cannot reach it', async (network) => {
    await expect(open(facts, network)).rejects.toMatchObject({
      code: 'VAPP_HOST_NETWORK',
      message: `the guest cannot reach this host over ${network.type} ${network.name}`,
      why: 'the package proxy needs an address of this host in the guest’s network, and libvirt names none',
      hint: 'name one with --proxy-address HOST, or leave --network away',
    });
  });
});

describe('on another machine, over ssh', () => {
  test('the guest sees the port of its host’s loopback that leads here', async () => {
    const route = await open(ssh);
    const { host, port } = route.listen;
    expect(openForward).toHaveBeenCalledWith(
      { program: 'ssh', options: ['-l', 'root'], host: 'kvm1' },
      { there: '127.0.0.1', here: { host: '127.0.0.1', port } },
      expect.any(AbortSignal),
    );
    expect(host).toBe('127.0.0.1');
    expect(route.guestAddress(port!)).toBe('10.0.2.2:43210');
  });

  test('the port is taken until the proxy listens on it', async () => {
    const route = await open(ssh);
    expect(await answers('127.0.0.1', route.listen.port!)).toBe(true);
    await route.release?.();
    expect(await answers('127.0.0.1', route.listen.port!)).toBe(false);
  });

  test('all of it ends with the build, also when the proxy never came', async () => {
    const { listen } = await open(ssh);
    expect(close).not.toHaveBeenCalled();
    await scope.close();
    expect(close).toHaveBeenCalledOnce();
    expect(await answers('127.0.0.1', listen.port!)).toBe(false);
  });

  test('a forward that is refused is the error, and the port is free again', async () => {
    const refused = new Error('refused');
    vi.mocked(openForward).mockRejectedValue(refused);
    await expect(open(ssh)).rejects.toBe(refused);
    await scope.close();
    const [, { here }] = vi.mocked(openForward).mock.calls[0]!;
    expect(await answers('127.0.0.1', here.port)).toBe(false);
  });

  test('its loss reaches the build, and has the line looked at', async () => {
    const lost = Promise.reject(new Error('lost'));
    lost.catch(() => undefined);
    vi.mocked(openForward).mockResolvedValue({ port: 1, lost, close });
    expect((await open(ssh)).lost).toBe(lost);
    await vi.waitFor(() => expect(endDeadLine).toHaveBeenCalledExactlyOnceWith(connection.uri));
  });

  test('a guest of a libvirt network sees the port of its host’s address there', async () => {
    const route = await open(ssh, { type: 'network', name: 'default' });
    expect(openForward).toHaveBeenCalledWith(
      expect.anything(),
      { there: '192.168.122.1', here: route.listen },
      expect.any(AbortSignal),
    );
    expect(route.listen.host).toBe('127.0.0.1');
    expect(route.guestAddress(1)).toBe('192.168.122.1:43210');
  });

  test.each([
    { type: 'network', name: 'nowhere' },
    { type: 'bridge', name: 'br0' },
  ] as const)('a guest of $type $name is out of reach of a forward', async (network) => {
    await expect(open(ssh, network)).rejects.toMatchObject({
      code: 'VAPP_HOST_NETWORK',
      message: `no guest of ${network.type} ${network.name} on kvm1 reaches this machine`,
      why: expect.stringContaining('no address of kvm1'),
      hint: expect.stringContaining('--proxy-address HOST'),
    });
    expect(openForward).not.toHaveBeenCalled();
  });
});

describe('on another machine without ssh', () => {
  const tls = over('qemu+tls://kvm1/system');

  test('there is no way by itself, and the option is named', async () => {
    vi.spyOn(connection, 'hostname').mockResolvedValue('kvm1.example');
    await expect(open(tls)).rejects.toMatchObject({
      code: 'VAPP_HOST_REMOTE',
      hint: expect.stringContaining('--proxy-address HOST'),
    });
  });

  test('which is this one after all, the loopback serves', async () => {
    vi.spyOn(connection, 'hostname').mockResolvedValue(hostname());
    expect((await open(over('qemu+tls://127.0.0.1/system'))).guestAddress(1)).toBe('10.0.2.2:1');
  });
});

describe('an address that the user names', () => {
  /** An address of this machine that is not its loopback. */
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  test('is where the proxy listens and what the guest is told, in any network and on any host', async () => {
    const address = own ?? 'localhost.localdomain';
    const route = await open(ssh, { type: 'bridge', name: 'br0' }, { proxyAddress: address });
    expect(route.listen).toEqual({ host: address, port: expect.any(Number) });
    expect(route.guestAddress(4711)).toBe(`${address}:4711`);
    expect(openForward).not.toHaveBeenCalled();
  });

  test('that is not this machine’s ends the build here', async () => {
    await expect(open(ssh, user, { proxyAddress: '192.0.2.10' })).rejects.toMatchObject({
      code: 'VAPP_HOST_PROXY_ADDRESS',
      message: 'the package proxy cannot listen on 192.0.2.10',
      why: expect.stringContaining('EADDRNOTAVAIL'),
    });
  });

  test('so does a port that is taken', async () => {
    const taken = createServer().listen(0, own);
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const named = open(ssh, user, { proxyAddress: `${own}:${port}` });
    await expect(named).rejects.toMatchObject({
      why: expect.stringContaining('EADDRINUSE'),
      hint: 'leave the port away: a free one is taken',
    });
    taken.close();
  });
});
