import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cachePath } from '../../src/archive/cache.js';
import { deferred } from '../../src/deferred.js';
import { type Handler, sha256, startServer, temporaryDirectory } from './support.js';

const compiled = new URL('../../dist/archive/fetch.js', import.meta.url).href;
const content = randomBytes(2 << 20);
const path = '/large.deb';

const program = `
  const [, url, sha256, cache] = process.argv;
  console.log('begins');
  const { fetchToCache } = await import(${JSON.stringify(compiled)});
  console.log(await fetchToCache({ url, sha256 }, { cache, emit() {}, retry: { attempts: 2, delay: 1 } }));
`;

/** A process of its own that fetches the file with the compiled code. */
const fetchApart = (url: string, cache: string): ChildProcess =>
  spawn(process.execPath, ['--input-type=module', '--eval', program, url, sha256(content), cache], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const outcome = async (child: ChildProcess): Promise<number | string> => {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return code ?? signal ?? '';
};

const setUp = async () => {
  const server = await startServer();
  server.files.set(path, content);
  return { server, url: `${server.url}${path}`, cache: await temporaryDirectory() };
};

/** Sends the first half, tells, and sends the rest when told to. */
const inHalves = (told: () => void, rest: Promise<void>): Handler => {
  return (_request, response, body) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(body!.subarray(0, 1 << 20), told);
    rest.then(() => response.end(body!.subarray(1 << 20)));
  };
};

/** The file is in the cache, and of the downloads only `left` is there. */
const isWhole = async (cache: string, left: string[]): Promise<void> => {
  expect(sha256(await readFile(cachePath(cache, sha256(content))))).toBe(sha256(content));
  expect(await readdir(join(cache, 'parts'))).toEqual(left);
};

describe('processes that share a cache', () => {
  it('fetch a file that they all want once', async () => {
    const { server, url, cache } = await setUp();
    const rest = deferred<void>();
    const half = new Promise<void>((resolve) => {
      server.special.set(path, inHalves(resolve, rest.promise));
    });
    const children = [fetchApart(url, cache)];
    await half;
    for (let more = 0; more < 2; more++) children.push(fetchApart(url, cache));
    const outcomes = Promise.all(children.map(outcome));
    await Promise.all(children.slice(1).map(({ stdout }) => once(stdout!, 'data')));
    rest.resolve();
    expect(await outcomes).toEqual([0, 0, 0]);
    expect(server.hits(path)).toBe(1);
    await isWhole(cache, []);
  });

  it('fetch it each for itself where there are no locks, and neither spoils it for the other', async () => {
    const { server, url, cache } = await setUp();
    const lock = `${sha256(content)}.lock`;
    // Nobody can open it to lock it.
    await mkdir(join(cache, 'parts', lock), { recursive: true });
    let begun = 0;
    const both = deferred<void>();
    server.special.set(
      path,
      inHalves(() => ++begun === 2 && both.resolve(), both.promise),
    );
    const children = [fetchApart(url, cache), fetchApart(url, cache)];
    expect(await Promise.all(children.map(outcome))).toEqual([0, 0]);
    expect(server.hits(path)).toBe(2);
    await isWhole(cache, [lock]);
  });

  it('continue what a killed one left', async () => {
    const { server, url, cache } = await setUp();
    const half = new Promise<void>((resolve) => {
      server.special.set(path, inHalves(resolve, new Promise(() => undefined)));
    });
    const killed = fetchApart(url, cache);
    await half;
    const bytesLeft = async (): Promise<number> => {
      const names = await readdir(join(cache, 'parts')).catch(() => []);
      const part = names.find((name) => !name.endsWith('.lock'));
      return part ? (await readFile(join(cache, 'parts', part))).length : 0;
    };
    await expect.poll(bytesLeft, { timeout: 10_000 }).toBe(1 << 20);
    killed.kill('SIGKILL');
    expect(await outcome(killed)).toBe('SIGKILL');
    server.special.clear();
    expect(await outcome(fetchApart(url, cache))).toBe(0);
    expect(server.requests.at(-1)?.headers.range).toBe(`bytes=${1 << 20}-`);
    expect(sha256(await readFile(cachePath(cache, sha256(content))))).toBe(sha256(content));
  });
});
