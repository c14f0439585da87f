import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { VappEvent } from '../../src/events.js';
import { type PackageProxy, startProxy } from '../../src/proxy/index.js';
import { ask, type Handler, type Mirror, startMirror } from './mirror.js';

const base = 'http://mirror.example/debian';
const path = 'pool/web.deb';
const web = Buffer.alloc(300_000, 'web ');
const sum = createHash('sha256').update(web).digest('hex');
const half = 150_000;

let mirror: Mirror;
let cache: string;
let events: VappEvent[];
let proxies: PackageProxy[];
/** Lets the mirror give the rest. */
let goOn: () => void;

/** The half, and the rest when it is told to; from the middle on at once. */
const slowly: Handler = (request, response) => {
  if (request.headers.range) {
    const start = Number(/\d+/.exec(request.headers.range)![0]);
    response.writeHead(206, {
      'content-length': web.length - start,
      'content-range': `bytes ${start}-${web.length - 1}/${web.length}`,
    });
    return response.end(web.subarray(start));
  }
  response.writeHead(200, { 'content-length': web.length });
  response.write(web.subarray(0, half));
  goOn = () => response.end(web.subarray(half));
};

const start = async (): Promise<PackageProxy> => {
  const files = [{ path, size: web.length, sha256: sum }];
  const proxy = await startProxy({
    listen: { host: '127.0.0.1' },
    upstreams: [{ uri: base, source: `${mirror.url}/debian`, suites: [], files }],
    cache,
    emit: (event) => events.push(event),
  });
  proxies.push(proxy);
  return proxy;
};

beforeEach(async () => {
  mirror = await startMirror();
  mirror.handlers.set(`/debian/${path}`, slowly);
  cache = mkdtempSync(join(tmpdir(), 'vapp-together-'));
  events = [];
  proxies = [];
});
afterEach(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await mirror.close();
  rmSync(cache, { recursive: true });
});

/** Two proxies, and a client of each that has got the half. */
async function both() {
  const [first, second] = [await start(), await start()];
  const [one, other] = [ask(first, `${base}/${path}`), ask(second, `${base}/${path}`)];
  await expect.poll(() => [first, second].map((proxy) => proxy.stats().bytesOut)).toEqual([half, half]);
  return { first, one, other };
}

test('a file that guests of two builds want comes once', async () => {
  const { one, other } = await both();
  goOn();
  for (const { body } of await Promise.all([one, other])) expect(body.equals(web)).toBe(true);
  expect(mirror.requests).toEqual([`/debian/${path}`]);
});

test('it goes on when the build that began it ends', async () => {
  const { first, one, other } = await both();
  await first.close();
  expect(await one).toMatchObject({ cut: true });
  goOn();
  expect((await other).body.equals(web)).toBe(true);
  expect(mirror.requests).toHaveLength(1);
});

test('one that nobody wants any more ends, and the next one goes on from there', async () => {
  const first = await start();
  const left = ask(first, `${base}/${path}`);
  await expect.poll(() => first.stats().bytesOut).toBe(half);
  const second = await start();
  const closed = first.close();
  expect((await ask(second, `${base}/${path}`)).body.equals(web)).toBe(true);
  await closed;
  expect(await left).toMatchObject({ cut: true });
  expect(mirror.requests).toEqual([`/debian/${path}`, `/debian/${path} bytes=${half}-`]);
  expect(events).toEqual([]);
});

test('each build is told of a failure', async () => {
  const { one, other } = await both();
  mirror.handlers.delete(`/debian/${path}`);
  await mirror.close();
  expect(await Promise.all([one, other])).toMatchObject([{ cut: true }, { cut: true }]);
  expect(events.map(({ type }) => type)).toEqual(['warning', 'warning']);
});
