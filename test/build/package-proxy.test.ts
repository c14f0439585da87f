import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InstallArchive } from '../../src/archive/index.js';
import type { BuildContext } from '../../src/build/context.js';
import { openProxy } from '../../src/build/package-proxy.js';
import { Scope } from '../../src/build/scope.js';
import type { Connection } from '../../src/libvirt/index.js';
import type { NetworkChoice } from '../../src/plan/plan.js';
import { startProxy } from '../../src/proxy/index.js';
import { plan } from '../domain/support.js';
import { openInline } from '../libvirt/inline.js';
import { minimal, parse } from '../spec/helpers.js';
import { temporary } from './support.js';

vi.mock('../../src/proxy/index.js', () => ({ startProxy: vi.fn() }));

let connection: Connection;
let cache: string;
let scope: Scope;
const close = vi.fn(async () => undefined);
beforeEach(async () => {
  connection = await openInline();
  cache = temporary();
  scope = new Scope();
  vi.mocked(startProxy).mockResolvedValue({
    host: '127.0.0.1',
    port: 4711,
    url: '',
    stats: vi.fn(),
    close,
  });
});
afterEach(async () => {
  await connection.close();
  vi.clearAllMocks();
});

const roots = [{ mirror: 'https://mirror.example/debian', directory: '/build/archive/debian' }];
const open = (installer: NetworkChoice, ...lines: string[]) => {
  const context = { connection, resolved: parse(minimal(...lines)), cache, emit: () => undefined, scope };
  const network = { installer, final: installer };
  return openProxy(context as unknown as BuildContext, plan('qemu', { network }), {
    roots,
  } as unknown as InstallArchive);
};
const request = () => vi.mocked(startProxy).mock.calls[0]?.[0];

test('with user networking it listens on the loopback, which the guest sees as 10.0.2.2', async () => {
  expect(await open({ type: 'user' })).toEqual({
    guestUrl: 'http://10.0.2.2:4711',
    guestAddress: '10.0.2.2:4711',
  });
  expect(request()?.listen).toEqual({ host: '127.0.0.1' });
});

test('in a libvirt network it listens on the host’s address there and nothing wider', async () => {
  expect(await open({ type: 'network', name: 'default' })).toEqual({
    guestUrl: 'http://192.168.122.1:4711',
    guestAddress: '192.168.122.1:4711',
  });
  expect(request()?.listen).toEqual({ host: '192.168.122.1' });
});

test.each([
  { type: 'bridge', name: 'br0' },
  { type: 'network', name: 'isolated' },
] as const)('over $type $name the guest cannot reach it', async (network) => {
  await expect(open(network)).rejects.toMatchObject({
    code: 'VAPP_HOST_NETWORK',
    message: `the guest cannot reach this host over ${network.type} ${network.name}`,
    why: 'the package proxy needs an address of this host in the guest’s network, and libvirt names none',
    hint: 'build with user networking (leave --network away)',
  });
  expect(startProxy).not.toHaveBeenCalled();
});

test('the guest speaks http to an archive that comes by https', async () => {
  await open({ type: 'user' });
  expect(request()).toMatchObject({
    cache,
    upstreams: [
      {
        uri: 'http://mirror.example/debian',
        source: 'https://mirror.example/debian',
        archive: '/build/archive/debian',
      },
    ],
  });
  expect(request()).not.toHaveProperty('parent');
});

test('the user’s own proxy is its parent', async () => {
  await open({ type: 'user' }, 'proxy: http://proxy.example:3128');
  expect(request()?.parent).toBe('http://proxy.example:3128');
});

test('it ends with the build', async () => {
  await open({ type: 'user' });
  expect(close).not.toHaveBeenCalled();
  await scope.close();
  expect(close).toHaveBeenCalledOnce();
});
