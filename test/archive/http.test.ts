import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchToCache } from '../../src/archive/fetch.js';
import { failure, sha256, startServer, type TestServer, testContext } from './support.js';

const content = Buffer.from('a package');
const variables = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

const clearProxies = (): void => {
  for (const name of variables) vi.stubEnv(name, undefined);
};

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A server that answers as an HTTP proxy: requests come with the whole URL. */
const startProxy = async (): Promise<TestServer> => {
  clearProxies();
  const proxy = await startServer();
  proxy.files.set('/debian/hello.deb', content);
  return proxy;
};

const remote = {
  url: 'http://mirror.example/debian/hello.deb',
  sha256: sha256(content),
  size: content.length,
};

const fetchText = async (o: object = {}): Promise<string> =>
  readFile(await fetchToCache(remote, { ...(await testContext()), ...o }), 'utf8');

describe('the proxy', () => {
  it('of http_proxy is used, without CONNECT', async () => {
    const proxy = await startProxy();
    vi.stubEnv('http_proxy', proxy.url);
    expect(await fetchText()).toBe('a package');
    expect(proxy.requests[0]).toMatchObject({
      method: 'GET',
      url: remote.url,
      headers: { host: 'mirror.example' },
    });
  });

  it('that is named explicitly wins over the environment, no_proxy included', async () => {
    const proxy = await startProxy();
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    vi.stubEnv('no_proxy', 'mirror.example');
    expect(await fetchText({ proxy: proxy.url })).toBe('a package');
    expect(proxy.requests[0]?.url).toBe(remote.url);
  });

  it('is gone around for the hosts of no_proxy', async () => {
    const server = await startProxy();
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    vi.stubEnv('no_proxy', '127.0.0.1');
    const url = `${server.url}/debian/hello.deb`;
    expect(await readFile(await fetchToCache({ ...remote, url }, await testContext()), 'utf8')).toBe(
      'a package',
    );
    expect(server.requests[0]?.url).toBe('/debian/hello.deb');
  });

  it('gets the login of its URL', async () => {
    const proxy = await startProxy();
    await fetchText({ proxy: proxy.url.replace('//', '//me:secret@') });
    const login = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(login);
  });

  it('that is down is named in the error, without its login', async () => {
    clearProxies();
    const error = await failure(fetchText({ proxy: 'http://me:secret@127.0.0.1:1' }));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_UNREACHABLE',
      why: expect.stringContaining('127.0.0.1:1'),
    });
    expect(error.why).toContain('through the proxy http://127.0.0.1:1/');
    expect(`${error.message} ${error.why} ${error.hint}`).not.toContain('secret');
  });

  it('that wants a login says so', async () => {
    const proxy = await startProxy();
    proxy.special.set('/debian/hello.deb', (_request, response) => response.writeHead(407).end());
    const error = await failure(fetchText({ proxy: proxy.url }));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_HTTP_STATUS',
      hint: expect.stringContaining('user:password'),
    });
  });

  it('that is no URL is an error that says where it comes from', async () => {
    clearProxies();
    expect(await failure(fetchText({ proxy: 'no url' }))).toMatchObject({ code: 'VAPP_ARCHIVE_BAD_PROXY' });
    vi.stubEnv('http_proxy', '//:');
    const error = await failure(fetchText());
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_BAD_PROXY',
      message: expect.stringContaining('http_proxy'),
    });
  });
});
