import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseRelease } from '../../src/archive/release.js';
import { createBuildKey } from '../../src/archive/sign.js';
import type { Suite } from '../../src/archive/types.js';
import type { VappEvent } from '../../src/events.js';
import { type PackageProxy, type ProxyOptions, startProxy } from '../../src/proxy/index.js';
import { makeIndex } from '../archive/doubles.js';
import { ask, give, type Mirror, startMirror } from './mirror.js';

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const directory = mkdtempSync(join(tmpdir(), 'vapp-proxy-'));
const web = Buffer.alloc(300_000, 'web ');
const gpp = Buffer.from('the package of a compiler');
const packages = Buffer.from('the index');
const webPath = 'pool/main/w/web/web_1.0_amd64.deb';
const gppPath = 'pool/main/g/g++/g++_1.0~rc1+b2_amd64.deb';
const base = 'http://mirror.example/debian';

let mirror: Mirror;
let suite: Suite;
let proxy: PackageProxy;
let events: VappEvent[];
let cache: string;

const entry = (path: string, data: Uint8Array) => ` ${sha256(data)} ${data.length} ${path}`;

beforeAll(async () => {
  const release = [
    'Origin: Debian',
    'Suite: stable',
    'Codename: trixie',
    'Date: Sat, 21 Nov 2026 09:15:44 UTC',
    'Acquire-By-Hash: yes',
    'Components: main',
    'Architectures: amd64',
    'Description: - with a dash',
    'SHA256:',
    entry('main/binary-amd64/Packages.xz', packages),
    entry('main/binary-amd64/Old', Buffer.from('old')),
    '',
  ].join('\n');
  const key = await createBuildKey();
  writeFileSync(join(directory, 'key.gpg'), key.publicKey);
  suite = {
    mirror: base,
    suite: 'trixie',
    arch: 'amd64',
    components: ['main'],
    release: parseRelease(base, release),
    inRelease: Buffer.from(await key.clearSign(release)),
    packages: await makeIndex([
      { Package: 'web', Filename: webPath, Size: String(web.length), SHA256: sha256(web) },
      { Package: 'g++', Filename: gppPath, Size: String(gpp.length), SHA256: sha256(gpp) },
      { Package: 'odd', Filename: 'pool/odd.deb', Size: String(gpp.length), SHA256: sha256(gpp) },
    ]),
  };
});
afterAll(() => rmSync(directory, { recursive: true }));

const start = async (o: Partial<ProxyOptions> = {}): Promise<PackageProxy> =>
  startProxy({
    listen: { host: '127.0.0.1' },
    upstreams: [{ uri: base, source: `${mirror.url}/debian`, suites: [suite] }],
    cache,
    emit: (event) => events.push(event),
    ...o,
  });

beforeEach(async () => {
  mirror = await startMirror();
  mirror.handlers.set(`/debian/${webPath}`, give(web));
  events = [];
  cache = mkdtempSync(join(directory, 'cache-'));
  proxy = await start();
});
afterEach(async () => {
  await proxy.close();
  await mirror.close();
});

const warnings = () => events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));

describe('packages', () => {
  it('come from the mirror once, then from the cache', async () => {
    for (let turn = 0; turn < 2; turn++) {
      const got = await ask(proxy, `${base}/${webPath}`);
      expect(got.status).toBe(200);
      expect(got.headers['content-length']).toBe(String(web.length));
      expect(got.body.equals(web)).toBe(true);
    }
    expect(mirror.requests).toEqual([`/debian/${webPath}`]);
    expect(proxy.stats()).toEqual({
      requests: 2,
      hits: 1,
      misses: 1,
      refused: 0,
      failed: 0,
      bytesOut: 2 * web.length,
      bytesIn: web.length,
    });
  });

  it('share one download, and late joiners get the beginning', async () => {
    let goOn = () => {};
    mirror.handlers.set(`/debian/${webPath}`, (_request, response) => {
      response.writeHead(200, { 'content-length': web.length });
      response.write(web.subarray(0, 100_000));
      goOn = () => response.end(web.subarray(100_000));
    });
    const first = ask(proxy, `${base}/${webPath}`);
    await expect.poll(() => proxy.stats().bytesOut).toBe(100_000);
    const others = [
      ask(proxy, `${base}/${webPath}`),
      ask(proxy, `${base}/${webPath}`, { headers: { range: 'bytes=-7' } }),
    ];
    await expect.poll(() => proxy.stats().bytesOut).toBe(200_000);
    goOn();
    const [whole, late, tail] = await Promise.all([first, ...others]);
    expect(whole.body.equals(web) && late!.body.equals(web)).toBe(true);
    expect(tail!.body.equals(web.subarray(-7))).toBe(true);
    expect(mirror.requests).toHaveLength(1);
    expect(proxy.stats()).toMatchObject({ misses: 1, hits: 2 });
  });

  it('are found by escaped names', async () => {
    mirror.handlers.set(`/debian/${gppPath.replaceAll('+', '%2B')}`, give(gpp));
    for (const path of [gppPath, gppPath.replaceAll('+', '%2b').replaceAll('~', '%7e')])
      expect((await ask(proxy, `${base}/${path}`)).body.equals(gpp)).toBe(true);
    expect(mirror.requests).toHaveLength(1);
  });

  it('are found by an unusual file name too', async () => {
    mirror.handlers.set('/debian/pool/odd.deb', give(gpp));
    expect((await ask(proxy, `${base}/pool/odd.deb`)).status).toBe(200);
  });

  it('are not served when no index lists them', async () => {
    expect((await ask(proxy, `${base}/pool/main/u/unlisted_1_amd64.deb`)).status).toBe(404);
    expect(mirror.requests).toEqual([]);
  });

  it('with other bytes than the index says never arrive whole, and are not kept', async () => {
    const wrong = Buffer.from(web);
    wrong[5] = 0;
    let goOn = () => {};
    mirror.handlers.set(`/debian/${webPath}`, (_request, response) => {
      response.writeHead(200, { 'content-length': wrong.length });
      response.write(wrong.subarray(0, 1000));
      goOn = () => response.end(wrong.subarray(1000));
    });
    const asked = ask(proxy, `${base}/${webPath}`);
    await expect.poll(() => proxy.stats().bytesOut).toBe(1000);
    goOn();
    const got = await asked;
    expect(got.cut).toBe(true);
    expect(got.body.length).toBeLessThan(web.length);
    expect(warnings()).toEqual([expect.stringContaining(`${mirror.url}/debian/${webPath}`)]);
    expect(warnings()[0]).toContain('SHA-256');
    expect(readdirSync(join(cache, 'parts'))).toEqual([]);
    expect(proxy.stats().failed).toBe(1);
    mirror.handlers.set(`/debian/${webPath}`, give(web));
    expect((await ask(proxy, `${base}/${webPath}`)).body.equals(web)).toBe(true);
  });

  it('of a wrong size are refused at once', async () => {
    mirror.handlers.set(`/debian/${webPath}`, give(web.subarray(1)));
    const got = await ask(proxy, `${base}/${webPath}`);
    expect(got.status).toBe(502);
    expect(got.body.toString()).toContain('wrong size');
  });

  it('that the mirror lacks are a 502 that says so', async () => {
    mirror.handlers.clear();
    const got = await ask(proxy, `${base}/${webPath}`);
    expect(got.status).toBe(502);
    expect(got.body.toString()).toContain('404');
    expect(warnings()[0]).toContain(mirror.url);
    expect(proxy.stats().failed).toBe(1);
  });

  it('go on where the mirror cut the connection', async () => {
    let cuts = 1;
    mirror.handlers.set(`/debian/${webPath}`, (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const range = { 'content-range': `bytes ${start}-${web.length - 1}/${web.length}` };
      response.writeHead(start ? 206 : 200, {
        'content-length': web.length - start,
        ...(start ? range : {}),
      });
      if (cuts-- <= 0) return response.end(web.subarray(start));
      response.write(web.subarray(start, start + 1000), () => setTimeout(() => response.destroy(), 50));
    });
    const got = await ask(proxy, `${base}/${webPath}`);
    expect(got.body.equals(web)).toBe(true);
    expect(mirror.requests[1]).toBe(`/debian/${webPath} bytes=1000-`);
  });

  it('that lie damaged in the cache are fetched again', async () => {
    const sum = sha256(web);
    mkdirSync(join(cache, 'sha256', sum.slice(0, 2)), { recursive: true });
    writeFileSync(join(cache, 'sha256', sum.slice(0, 2), sum), 'damaged');
    expect((await ask(proxy, `${base}/${webPath}`)).body.equals(web)).toBe(true);
  });

  it('answer HEAD without a download', async () => {
    const got = await ask(proxy, `${base}/${webPath}`, { method: 'HEAD' });
    expect(got).toMatchObject({ status: 200, headers: { 'content-length': String(web.length) } });
    expect(mirror.requests).toEqual([]);
  });

  it('answer ranges and conditions, from the mirror and from the cache', async () => {
    for (const turn of ['mirror', 'cache']) {
      const got = await ask(proxy, `${base}/${webPath}`, { headers: { range: 'bytes=10-19' } });
      expect([turn, got.status, got.body.equals(web.subarray(10, 20))]).toEqual([turn, 206, true]);
      expect(got.headers['content-range']).toBe(`bytes 10-19/${web.length}`);
    }
    const { headers } = await ask(proxy, `${base}/${webPath}`);
    const fresh = { 'if-modified-since': headers['last-modified']! };
    expect((await ask(proxy, `${base}/${webPath}`, { headers: fresh })).status).toBe(304);
    const beyond = await ask(proxy, `${base}/${webPath}`, { headers: { range: `bytes=${web.length}-` } });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, `bytes */${web.length}`]);
  });

  it('known by other means are served as well', async () => {
    const udeb = Buffer.from('a component of the installer');
    const file = { path: 'pool/main/x_1_all.udeb', size: udeb.length, sha256: sha256(udeb) };
    mirror.handlers.set(`/debian/${file.path}`, give(udeb));
    await proxy.close();
    proxy = await start({
      upstreams: [{ uri: base, source: `${mirror.url}/debian`, suites: [suite], files: [file] }],
    });
    expect((await ask(proxy, `${base}/${file.path}`)).body.equals(udeb)).toBe(true);
  });
});

describe('a verified suite', () => {
  it('is served as one consistent pair made of InRelease', async () => {
    const inRelease = await ask(proxy, `${base}/dists/trixie/InRelease`);
    expect(inRelease.body.equals(suite.inRelease)).toBe(true);
    for (const name of ['Release', 'Release.gpg']) {
      const { body } = await ask(proxy, `${base}/dists/stable/${name}`);
      writeFileSync(join(directory, name), body);
    }
    const args = ['Release.gpg', 'Release'].map((name) => join(directory, name));
    const { stderr } = await execa('gpgv', [
      '--homedir',
      directory,
      '--keyring',
      join(directory, 'key.gpg'),
      ...args,
    ]);
    expect(stderr).toContain('Good signature');
    expect(mirror.requests).toEqual([]);
  });

  it('passes index files through by name and by hash, from the mirror’s by-hash', async () => {
    const byHash = `/debian/dists/trixie/main/binary-amd64/by-hash/SHA256/${sha256(packages)}`;
    mirror.handlers.set(byHash, give(packages));
    const names = ['Packages.xz', `by-hash/SHA256/${sha256(packages)}`];
    for (const name of names)
      expect((await ask(proxy, `${base}/dists/trixie/main/binary-amd64/${name}`)).body.equals(packages)).toBe(
        true,
      );
    expect(mirror.requests).toEqual([byHash]);
  });

  it('falls back to the plain name where the mirror has no by-hash', async () => {
    mirror.handlers.set('/debian/dists/trixie/main/binary-amd64/Packages.xz', give(packages));
    const got = await ask(proxy, `${base}/dists/trixie/main/binary-amd64/Packages.xz`);
    expect(got.body.equals(packages)).toBe(true);
  });

  it.each([
    'dists/trixie/main/binary-amd64/Unlisted',
    `dists/trixie/main/by-hash/SHA256/${sha256(packages)}`,
    `dists/trixie/main/binary-amd64/by-hash/SHA256/${'0'.repeat(64)}`,
    'dists/sid/InRelease',
    'dists',
    '',
  ])('has no %s', async (path) => {
    expect((await ask(proxy, `${base}/${path}`)).status).toBe(404);
    expect(mirror.requests).toEqual([]);
  });

  it('refuses an index that does not fit', async () => {
    mirror.handlers.set('/debian/dists/trixie/main/binary-amd64/Old', give(Buffer.from('new')));
    const got = await ask(proxy, `${base}/dists/trixie/main/binary-amd64/Old`);
    expect(got.status).toBe(502);
    expect(warnings()[0]).toContain('is not the file that the signed index describes');
  });
});

describe('an install archive', () => {
  it('answers for all of dists, and its own files come first', async () => {
    const root = join(directory, 'root');
    mkdirSync(join(root, 'dists/trixie/main/binary-amd64'), { recursive: true });
    mkdirSync(join(root, 'pool'), { recursive: true });
    const stanza = `Package: web\nVersion: 1\nArchitecture: amd64\nFilename: ${webPath}\nSize: ${web.length}\nSHA256: ${sha256(web)}\n`;
    writeFileSync(join(root, 'dists/trixie/main/binary-amd64/Packages'), stanza);
    writeFileSync(join(root, 'dists/trixie/Release'), 'a release');
    writeFileSync(join(root, 'pool/own_1_amd64.deb'), 'repacked');
    await proxy.close();
    proxy = await start({ upstreams: [{ uri: base, source: `${mirror.url}/debian`, archive: root }] });
    const get = async (path: string) => {
      const { status, body } = await ask(proxy, `${base}/${path}`);
      return status === 200 ? body.toString().slice(0, 9) : status;
    };
    expect(await get('dists/trixie/Release')).toBe('a release');
    expect(await get('dists/trixie/InRelease')).toBe(404);
    expect(await get('pool/own_1_amd64.deb')).toBe('repacked');
    expect(await get(webPath)).toBe('web web w');
    expect(await get(gppPath)).toBe(404);
    expect(mirror.requests).toEqual([`/debian/${webPath}`]);
  });
});

/** Sends bytes as they are and reads what comes until the end. */
const raw = async (bytes: string): Promise<string> => {
  const socket = connect(proxy.port, proxy.host);
  socket.write(bytes);
  return text(socket).catch(() => '');
};

describe('requests that are not for this build', () => {
  it.each([
    ['http://elsewhere.example/debian/dists/trixie/InRelease', 403],
    ['http://mirror.example:81/debian/dists/trixie/InRelease', 403],
    ['http://mirror.example/debian-security/dists/trixie/InRelease', 403],
    ['http://mirror.example/debianx', 403],
    ['http://127.0.0.1/', 403],
    [`${base}/../etc/passwd`, 400],
    [`${base}/%2e%2e/%2e%2e/etc/passwd`, 400],
    [`${base}/..%2f..%2fetc%2fpasswd`, 400],
    ['/debian/dists/trixie/InRelease', 400],
    ['https://mirror.example/debian/dists/trixie/InRelease', 403],
  ])('are refused: %s', async (url, status) => {
    const got = await ask(proxy, url);
    expect(got.status).toBe(status);
    expect(got.body.toString()).toMatch(/^refused: ./);
    expect(proxy.stats().refused).toBe(1);
    expect(mirror.requests).toEqual([]);
  });

  it('are refused when they are too long', async () => {
    expect((await ask(proxy, `${base}/${'a/'.repeat(5000)}`)).status).toBe(414);
  });

  it('are told of once each, without what could spoil a log', async () => {
    for (let turn = 0; turn < 2; turn++) await ask(proxy, 'http://elsewhere.example/a');
    expect(warnings()).toEqual([
      expect.stringContaining('GET http://elsewhere.example/a: it belongs to none'),
    ]);
    await raw('GET http://elsewhere.example/\xe9\x9b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(warnings().join('')).toMatch(/^[\x20-\x7e]*$/);
    for (let turn = 0; turn < 40; turn++) await ask(proxy, `http://elsewhere.example/${turn}`);
    expect(warnings().length).toBeLessThanOrEqual(20);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('by %s are refused', async (method) => {
    const got = await ask(proxy, `${base}/${webPath}`, { method });
    expect([got.status, got.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  it('by CONNECT are refused with a reason', async () => {
    const answer = await raw('CONNECT mirror.example:443 HTTP/1.1\r\nHost: mirror.example:443\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 403 .*tunnels/s);
  });

  it('with a body are refused', async () => {
    const answer = await raw(`GET ${base}/${webPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'two lengths',
      `GET ${base}/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    ['a huge head', `GET ${base}/a HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ])('that are %s end with an answer', async (_name, bytes, expected) => {
    expect(await raw(bytes)).toMatch(expected);
  });
});

describe('startProxy', () => {
  it.each(['0.0.0.0', '::', ''])('does not open itself to every network: %j', async (host) => {
    await expect(start({ listen: { host } })).rejects.toMatchObject({ code: 'VAPP_PROXY_LISTEN' });
  });

  it('says why it cannot listen', async () => {
    const taken = start({ listen: { host: '127.0.0.1', port: proxy.port } });
    await expect(taken).rejects.toMatchObject({
      code: 'VAPP_PROXY_LISTEN',
      why: expect.stringContaining('EADDRINUSE'),
    });
  });

  it('reaches mirrors through a parent proxy', async () => {
    const parent = await startMirror();
    parent.handlers.set(`/debian/${webPath}`, give(web));
    await proxy.close();
    proxy = await start({ upstreams: [{ uri: base, suites: [suite] }], parent: parent.url });
    expect((await ask(proxy, `${base}/${webPath}`)).body.equals(web)).toBe(true);
    expect(parent.requests).toEqual([`/debian/${webPath}`]);
    await parent.close();
  });

  it('names the mirror that cannot be reached', async () => {
    await mirror.close();
    const got = await ask(proxy, `${base}/${webPath}`);
    expect(got.status).toBe(502);
    expect(got.body.toString()).toContain(new URL(mirror.url).host);
  });

  it('holds a slow client’s bytes back on the disk, not in memory, and lets others pass', async () => {
    const slow = connect(proxy.port, proxy.host);
    slow.pause();
    slow.write(`GET ${base}/${webPath} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const got = await ask(proxy, `${base}/${webPath}`);
    expect(got.body.equals(web)).toBe(true);
    slow.destroy();
    expect((await ask(proxy, `${base}/${webPath}`)).status).toBe(200);
  });

  it('has a dozen downloads under way, and Node warns of no leak', async () => {
    const warned: Error[] = [];
    const note = (warning: Error) => void warned.push(warning);
    process.on('warning', note);
    const paths = Array.from({ length: 12 }, (_, number) => `pool/${number}.deb`);
    let goOn = () => {};
    const all = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    for (const path of paths)
      mirror.handlers.set(`/debian/${path}`, async (_, response) => {
        await all;
        response.end('123456789');
      });
    // What they should hold differs, as equal files would be one download.
    const stanza = (path: string, number: number) => ({
      Package: `p${number}`,
      Filename: path,
      Size: '9',
      SHA256: sha256(Buffer.from(path)),
    });
    const many = { ...suite, packages: await makeIndex(paths.map(stanza)) };
    await proxy.close();
    proxy = await start({ upstreams: [{ uri: base, source: `${mirror.url}/debian`, suites: [many] }] });
    const asked = paths.map((path) => ask(proxy, `${base}/${path}`));
    await expect.poll(() => mirror.requests.length).toBe(paths.length);
    goOn();
    await Promise.all(asked);
    process.off('warning', note);
    expect(warned).toEqual([]);
  });

  it('closes with connections open and downloads under way', async () => {
    mirror.handlers.set(`/debian/${webPath}`, (_request, response) => {
      response.writeHead(200, { 'content-length': web.length });
      response.write(web.subarray(0, 100));
    });
    const idle = connect(proxy.port, proxy.host);
    await once(idle, 'connect');
    const asked = ask(proxy, `${base}/${webPath}`);
    await expect.poll(() => proxy.stats().bytesOut).toBe(100);
    await proxy.close();
    expect((await asked).cut).toBe(true);
    expect(warnings()).toEqual([]);
    await expect(ask(proxy, `${base}/${webPath}`)).rejects.toThrow('ECONNREFUSED');
    proxy = await start();
    idle.destroy();
  });
});
