import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InstallArchive } from '../../../src/archive/index.js';
import type { BuildContext } from '../../../src/build/context.js';
import { Scope } from '../../../src/build/records/scope.js';
import { openProxy } from '../../../src/build/stages/package-proxy.js';
import { startProxy } from '../../../src/proxy/index.js';
import { minimal, parse } from '../../spec/helpers.js';
import { temporary } from '../support.js';

vi.mock('../../../src/proxy/index.js', () => ({ startProxy: vi.fn() }));

let cache: string;
let scope: Scope;
const close = vi.fn(async () => undefined);
beforeEach(() => {
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
afterEach(() => {
  vi.clearAllMocks();
});

const route = {
  listen: { host: '127.0.0.1', port: 4711 },
  release: vi.fn(async () => undefined),
  guestAddress: (port: number) => `10.0.2.2:${port + 1}`,
};
const roots = [{ mirror: 'https://mirror.example/debian', directory: '/build/archive/debian' }];
const open = (...lines: string[]) => {
  const context = { resolved: parse(minimal(...lines)), cache, emit: () => undefined, scope };
  return openProxy(context as unknown as BuildContext, route, { roots } as unknown as InstallArchive);
};
const request = () => vi.mocked(startProxy).mock.calls[0]?.[0];

test('it listens where the route says, once the port is free, and the guest names it as the route does', async () => {
  expect(await open()).toEqual({ guestUrl: 'http://10.0.2.2:4712', guestAddress: '10.0.2.2:4712' });
  expect(request()?.listen).toEqual({ host: '127.0.0.1', port: 4711 });
  expect(route.release).toHaveBeenCalledBefore(vi.mocked(startProxy));
});

test('the guest speaks http to an archive that comes by https', async () => {
  await open();
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
  await open('proxy: http://proxy.example:3128');
  expect(request()?.parent).toBe('http://proxy.example:3128');
});

test('it ends with the build', async () => {
  await open();
  expect(close).not.toHaveBeenCalled();
  await scope.close();
  expect(close).toHaveBeenCalledOnce();
});
