import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cachePath } from '../../src/archive/cache.js';
import { fetchToCache } from '../../src/archive/fetch.js';
import { cutAfter, failure, inTurn, serve, sha256, startServer, status, testContext } from './support.js';

const content = randomBytes(300_000);
const path = '/pool/hello_1.0_amd64.deb';

const setUp = async () => {
  const server = await startServer();
  server.files.set(path, content);
  const file = { url: `${server.url}${path}`, sha256: sha256(content), size: content.length };
  return { server, file, context: await testContext() };
};

// Comparing large buffers with toEqual takes seconds.
const hashOf = async (path: string): Promise<string> => sha256(await readFile(path));

const deadProcess = 2 ** 22 + 1;

const leavePart = async (cache: string, pid: number, bytes: Uint8Array): Promise<string> => {
  const part = join(cache, 'parts', `${sha256(content)}.${hostname()}.${pid}.part`);
  await mkdir(join(cache, 'parts'), { recursive: true });
  await writeFile(part, bytes);
  return part;
};

describe('a file with a known hash', () => {
  it('lands in sha256/ab/abcdef… and is fetched once', async () => {
    const { server, file, context } = await setUp();
    const got = await fetchToCache(file, context);
    expect(got).toBe(join(context.cache, 'sha256', file.sha256.slice(0, 2), file.sha256));
    expect(await hashOf(got)).toBe(file.sha256);
    expect(await fetchToCache(file, context)).toBe(got);
    expect(server.hits(path)).toBe(1);
    expect(await readdir(join(context.cache, 'parts'))).toEqual([]);
  });

  it('reports its progress to the last byte', async () => {
    const { file, context } = await setUp();
    await fetchToCache(file, context);
    expect(context.events.at(-1)).toEqual({
      type: 'progress',
      task: 'hello_1.0_amd64.deb',
      done: content.length,
      total: content.length,
      unit: 'bytes',
    });
  });

  it('is shared by calls at the same time', async () => {
    const { server, file, context } = await setUp();
    const paths = await Promise.all([1, 2, 3].map(() => fetchToCache(file, context)));
    expect(new Set(paths).size).toBe(1);
    expect(server.hits(path)).toBe(1);
  });

  it('is fetched anew when the cached copy is damaged, also when size and time are the same', async () => {
    const { server, file, context } = await setUp();
    const cached = cachePath(context.cache, file.sha256);
    await fetchToCache(file, context);
    const { atime, mtime } = await stat(cached);
    const damaged = Buffer.from(content);
    damaged[1000]! ^= 1;
    await writeFile(`${cached}.new`, damaged);
    await utimes(`${cached}.new`, atime, mtime);
    await rename(`${cached}.new`, cached);
    await fetchToCache(file, context);
    expect(await hashOf(cached)).toBe(file.sha256);
    expect(server.hits(path)).toBe(2);
    expect(context.events).toContainEqual(expect.objectContaining({ type: 'warning' }));
  });
});

describe('a connection that is cut', () => {
  it('continues where it stopped', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, inTurn(cutAfter(100_000, context.cache)));
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
    expect(server.requests[1]?.headers.range).toBe('bytes=100000-');
  });

  it('starts over when the server knows no ranges', async () => {
    const { server, file, context } = await setUp();
    server.special.set(
      path,
      inTurn(cutAfter(100_000, context.cache), (_request, response, body) => response.end(body)),
    );
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
  });

  it('starts over when the file has changed meanwhile', async () => {
    const { server, file, context } = await setUp();
    const old = randomBytes(content.length);
    const cutOld = cutAfter(50_000, context.cache);
    server.special.set(
      path,
      inTurn((request, response) => {
        response.setHeader('etag', '"old"');
        cutOld(request, response, old);
      }),
    );
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
    expect(server.requests[1]?.headers['if-range']).toBe('"old"');
  });

  it('again and again is VAPP_ARCHIVE_TRUNCATED, and the next run continues', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, cutAfter(1000, context.cache));
    const error = await failure(fetchToCache(file, context));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_TRUNCATED',
      hint: expect.stringContaining('continues'),
    });
    expect(error.why).toContain(`3000 of ${content.length} bytes`);
    server.special.clear();
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
    expect(server.requests.at(-1)?.headers.range).toBe('bytes=3000-');
  });

  it('does not count as a failure as long as it brings much', async () => {
    const { server, context } = await setUp();
    const large = randomBytes(5 << 20);
    server.files.set('/large', large);
    server.special.set(
      '/large',
      inTurn(...Array.from({ length: 4 }, () => cutAfter(1 << 20, context.cache))),
    );
    const got = await fetchToCache({ url: `${server.url}/large`, sha256: sha256(large) }, context);
    expect(await hashOf(got)).toBe(sha256(large));
  });

  it('in a chunked answer is noticed too', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, (_request, response) => {
      response.write(content.subarray(0, 10), () => response.destroy());
    });
    expect(await failure(fetchToCache(file, context))).toMatchObject({ code: 'VAPP_ARCHIVE_TRUNCATED' });
  });

  it('that a process left behind is continued by the next', async () => {
    const { server, file, context } = await setUp();
    await leavePart(context.cache, deadProcess, content.subarray(0, 123_456));
    await fetchToCache(file, context);
    expect(server.requests[0]?.headers.range).toBe('bytes=123456-');
    expect(await readdir(join(context.cache, 'parts'))).toEqual([]);
  });

  it('that left wrong bytes is fetched from the start', async () => {
    const { file, context } = await setUp();
    await leavePart(context.cache, deadProcess, randomBytes(123_456));
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
  });

  it('that a process left behind long ago, of another file, is removed', async () => {
    const { file, context } = await setUp();
    const part = (await leavePart(context.cache, deadProcess, content)).replace(file.sha256, 'other');
    await writeFile(part, '');
    await utimes(part, 0, 0);
    await fetchToCache(file, context);
    expect(await readdir(join(context.cache, 'parts'))).toEqual([]);
  });

  it('leaves the part of a running process alone', async () => {
    const { server, file, context } = await setUp();
    const part = await leavePart(context.cache, process.ppid, content.subarray(0, 5));
    await fetchToCache(file, context);
    expect(server.requests[0]?.headers.range).toBeUndefined();
    expect(await readFile(part)).toEqual(content.subarray(0, 5));
  });
});

describe('a server in trouble', () => {
  it('is asked again after a 503', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, inTurn(status(503), status(429)));
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
    expect(server.hits(path)).toBe(3);
  });

  it('that stays in trouble is VAPP_ARCHIVE_HTTP_STATUS', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, status(502));
    const error = await failure(fetchToCache(file, context));
    expect(error).toMatchObject({ code: 'VAPP_ARCHIVE_HTTP_STATUS', why: expect.stringContaining('502') });
    expect(server.hits(path)).toBe(3);
  });

  it('that forbids is not asked again', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, status(403));
    expect(await failure(fetchToCache(file, context))).toMatchObject({ code: 'VAPP_ARCHIVE_HTTP_STATUS' });
    expect(server.hits(path)).toBe(1);
  });

  it('that says nothing more is asked again after the time limit', async () => {
    const { server, file, context } = await setUp();
    server.special.set(
      path,
      inTurn((_request, response, body) => {
        response.writeHead(200, { 'content-length': content.length });
        response.write(body!.subarray(0, 1000));
      }),
    );
    expect(await hashOf(await fetchToCache(file, { ...context, timeout: 100 }))).toBe(file.sha256);
    expect(server.requests[1]?.headers.range).toBe('bytes=1000-');
  });

  it('that is not there is VAPP_ARCHIVE_UNREACHABLE, with host and reason', async () => {
    const { server, file, context } = await setUp();
    await server.close();
    const error = await failure(fetchToCache(file, context));
    expect(error.code).toBe('VAPP_ARCHIVE_UNREACHABLE');
    expect(error.message).toContain(new URL(server.url).host);
    expect(error.why).toContain('ECONNREFUSED');
    expect(error.hint).toContain('curl -I');
  });

  it('whose name is unknown is VAPP_ARCHIVE_UNREACHABLE at once', async () => {
    const context = await testContext();
    const error = await failure(fetchToCache({ url: 'http://mirror.invalid/x' }, context));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_UNREACHABLE',
      why: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
  });
});

describe('a wrong answer', () => {
  it('404 is VAPP_ARCHIVE_NOT_FOUND', async () => {
    const { server, file, context } = await setUp();
    server.files.clear();
    expect(await failure(fetchToCache(file, context))).toMatchObject({ code: 'VAPP_ARCHIVE_NOT_FOUND' });
    expect(await readdir(join(context.cache, 'parts'))).toEqual([]);
  });

  it('a web page is VAPP_ARCHIVE_NOT_AN_ARCHIVE', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Log in'),
    );
    expect(await failure(fetchToCache(file, context))).toMatchObject({ code: 'VAPP_ARCHIVE_NOT_AN_ARCHIVE' });
  });

  it('of another length is VAPP_ARCHIVE_WRONG_SIZE', async () => {
    const { server, file, context } = await setUp();
    server.files.set(path, content.subarray(1));
    const error = await failure(fetchToCache(file, context));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_WRONG_SIZE',
      why: expect.stringContaining(`${content.length}`),
    });
  });

  it('that does not end is stopped at the known size', async () => {
    const { server, file, context } = await setUp();
    server.special.set(path, (_request, response) => {
      response.write(content);
      response.end(content);
    });
    expect(await failure(fetchToCache(file, context))).toMatchObject({ code: 'VAPP_ARCHIVE_WRONG_SIZE' });
  });

  it('with other bytes is VAPP_ARCHIVE_WRONG_HASH and leaves nothing', async () => {
    const { server, file, context } = await setUp();
    server.files.set(path, randomBytes(content.length));
    const error = await failure(fetchToCache(file, context));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_WRONG_HASH',
      why: expect.stringContaining(file.sha256),
    });
    expect(await readdir(context.cache)).toEqual(['parts']);
    expect(await readdir(join(context.cache, 'parts'))).toEqual([]);
  });

  it('of a cache on the way is gone around', async () => {
    const { server, file, context } = await setUp();
    const stale = randomBytes(content.length);
    server.special.set(path, (request, response, body) =>
      serve(request, response, request.headers['cache-control'] === 'no-cache' ? body : stale),
    );
    expect(await hashOf(await fetchToCache(file, context))).toBe(file.sha256);
  });
});

describe('redirects and addresses', () => {
  it('follows a redirect', async () => {
    const { server, file, context } = await setUp();
    server.special.set('/moved', (_request, response) => response.writeHead(302, { location: path }).end());
    expect(await hashOf(await fetchToCache({ ...file, url: `${server.url}/moved` }, context))).toBe(
      file.sha256,
    );
  });

  it('sends the login of the URL and never shows it', async () => {
    const { server, file, context } = await setUp();
    server.files.clear();
    const url = file.url.replace('http://', 'http://me:s%20cret@');
    const error = await failure(fetchToCache({ ...file, url }, context));
    expect(server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('me:s cret').toString('base64')}`,
    );
    expect(`${error.message}${error.why}${error.hint}`).not.toContain('cret');
  });

  it('takes http and https alone', async () => {
    const context = await testContext();
    for (const url of ['ftp://mirror.example/x', 'not a url', 'file:///etc/passwd'])
      expect(await failure(fetchToCache({ url }, context))).toMatchObject({ code: 'VAPP_ARCHIVE_BAD_URL' });
  });
});

describe('an abort', () => {
  it('ends the transfer with its reason', async () => {
    const { server, file, context } = await setUp();
    const controller = new AbortController();
    server.special.set(path, (_request, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 10));
      setTimeout(() => controller.abort(), 10);
    });
    const error = await failure(fetchToCache(file, { ...context, signal: controller.signal }));
    expect(error.name).toBe('AbortError');
  });

  it('of one caller does not end the download of another', async () => {
    const { server, file, context } = await setUp();
    const controller = new AbortController();
    server.special.set(
      path,
      inTurn((_request, response) => {
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 10));
        setTimeout(() => controller.abort(), 10);
      }),
    );
    const first = failure(fetchToCache(file, { ...context, signal: controller.signal }));
    const second = fetchToCache(file, context);
    expect((await first).name).toBe('AbortError');
    expect(await hashOf(await second)).toBe(file.sha256);
  });
});
