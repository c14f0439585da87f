import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fetchPackage, openSuite, packageUrl } from '../../src/archive/suite.js';
import type { SuiteRequest } from '../../src/archive/types.js';
import { VappError } from '../../src/errors.js';
import { failure, makeKey, startServer, status, type TestKey, testContext } from './support.js';
import { type ArchiveOptions, debContent, now, packages, publish, stanza } from './test-archive.js';

let key: TestKey;
let stranger: TestKey;

beforeAll(async () => {
  key = await makeKey();
  stranger = await makeKey();
});

const day = 86_400_000;
const later = (days: number): Date => new Date(now.getTime() + days * day);
const inReleasePath = '/debian/dists/trixie/InRelease';

const setUp = async (options: ArchiveOptions = {}, request: Partial<SuiteRequest> = {}) => {
  const server = await startServer();
  const publishAgain = (changed: ArchiveOptions): Promise<string> =>
    publish(server, { keys: [key], ...options, ...changed });
  const signed = await publishAgain({});
  const context = await testContext();
  const open = (changed: Partial<SuiteRequest> = {}) =>
    openSuite({
      ...context,
      mirror: `${server.url}/debian`,
      suite: 'trixie',
      components: ['main'],
      arch: 'amd64',
      keyring: key.public,
      now: () => now,
      ...request,
      ...changed,
    });
  return { server, context, open, signed, publishAgain };
};

describe('an honest archive', () => {
  it('opens: release, index and the bytes of InRelease', async () => {
    const { server, open, signed } = await setUp();
    const suite = await open();
    expect(suite.release).toMatchObject({ suite: 'stable', codename: 'trixie', date: now, text: signed });
    expect(suite.inRelease).toEqual(server.files.get(inReleasePath));
    expect(suite.packages.get('hello')).toMatchObject({ Version: '1.0', Architecture: 'amd64' });
  });

  it('takes the index by hash, and only once', async () => {
    const { server, open } = await setUp();
    await open();
    await open();
    expect(server.requests.filter(({ url }) => url.includes('/by-hash/SHA256/'))).toHaveLength(1);
    expect(server.hits('/debian/dists/trixie/main/binary-amd64/Packages.xz')).toBe(0);
  });

  it('asks for InRelease each time, and for its content only when it has changed', async () => {
    const { server, open, publishAgain } = await setUp();
    await open();
    await open();
    expect(server.hits(inReleasePath)).toBe(2);
    expect(
      server.requests.filter(({ url }) => url === inReleasePath)[1]?.headers['if-none-match'],
    ).toBeTruthy();
    const indexes = { 'main/binary-amd64/Packages': packages(stanza('hello', '2.0')) };
    await publishAgain({ indexes });
    expect((await open()).packages.get('hello')?.Version).toBe('2.0');
  });

  it('falls back to the plain name when the mirror has nothing by hash', async () => {
    const { server, open } = await setUp();
    for (const [path, data] of [...server.files])
      if (path.includes('/by-hash/')) {
        server.files.delete(path);
        server.files.set('/debian/dists/trixie/main/binary-amd64/Packages.xz', data);
      }
    expect((await open()).packages.size).toBe(1);
  });

  it('without Acquire-By-Hash is asked by name alone', async () => {
    const { server, open } = await setUp({ byHash: false });
    await open();
    expect(server.requests.some(({ url }) => url.includes('by-hash'))).toBe(false);
  });

  it('may be asked for by its suite or its codename, with a slash at the end of the mirror', async () => {
    const { server, open } = await setUp();
    for (const [path, data] of [...server.files])
      server.files.set(path.replace('/trixie/', '/stable/'), data);
    for (const suite of ['trixie', 'stable'])
      expect(await open({ suite, mirror: `${server.url}/debian//` })).toMatchObject({
        suite,
        mirror: `${server.url}/debian`,
      });
  });

  it('merges components; the highest version wins', async () => {
    const { open } = await setUp({
      components: ['main', 'contrib'],
      indexes: {
        'main/binary-amd64/Packages': packages(stanza('hello', '1.9'), stanza('only-main')),
        'contrib/binary-amd64/Packages': packages(stanza('hello', '1.10'), stanza('only-contrib')),
      },
    });
    const { packages: index } = await open({ components: ['main', 'contrib'] });
    expect([...index.names()].sort()).toEqual(['hello', 'only-contrib', 'only-main']);
    expect(index.get('hello')?.Version).toBe('1.10');
  });

  it('that lists packages of every architecture apart has them too', async () => {
    const indexes = {
      'main/binary-amd64/Packages': packages(stanza('hello')),
      'main/binary-all/Packages': packages(stanza('docs')),
    };
    const apart = await setUp({ indexes, architectures: 'amd64 all' });
    expect([...(await apart.open()).packages.names()]).toEqual(['hello', 'docs']);
    const field = 'No-Support-for-Architecture-all: Packages';
    const together = await setUp({ indexes, architectures: 'amd64 all', extraFields: field });
    expect([...(await together.open()).packages.names()]).toEqual(['hello']);
  });

  it('opens the index of installer components', async () => {
    const component = 'main/debian-installer';
    const { open } = await setUp({
      indexes: { [`${component}/binary-amd64/Packages`]: packages(stanza('anna')) },
    });
    expect((await open({ components: [component] })).packages.get('anna')?.Package).toBe('anna');
  });

  it('gives its packages, checked', async () => {
    const { server, context, open } = await setUp();
    server.files.set('/debian/pool/main/hello_1.0_amd64.deb', Buffer.from(debContent('hello')));
    const suite = await open();
    const path = await fetchPackage(suite, suite.packages.get('hello')!, context);
    expect(await readFile(path, 'utf8')).toBe(debContent('hello'));
  });

  it('needs one good signature among several', async () => {
    const { open } = await setUp({ keys: [stranger, key] });
    expect((await open()).packages.size).toBe(1);
  });

  it('signed by a key that has expired since is taken', async () => {
    const old = await makeKey(new Date('2026-01-01'), 30 * 86_400);
    const { open } = await setUp({ keys: [old], date: new Date('2026-01-10') }, { keyring: old.public });
    expect((await open()).packages.size).toBe(1);
  });

  it('with a Valid-Until ahead is taken', async () => {
    const { open } = await setUp({ validUntil: later(7) });
    expect((await open()).release.validUntil).toEqual(later(7));
  });
});

describe('a refused archive', () => {
  const refused = async (open: () => Promise<unknown>): Promise<VappError> => {
    const error = await failure(open());
    expect(error).toBeInstanceOf(VappError);
    expect(error.why).toBeTruthy();
    expect(error.hint).toBeTruthy();
    return error;
  };

  const change = (data: Buffer, from: string, to: string): Buffer => {
    expect(data.toString()).toContain(from);
    return Buffer.from(data.toString().replace(from, to));
  };

  it('tampered: the signed text was changed', async () => {
    const { server, open } = await setUp();
    server.files.set(inReleasePath, change(server.files.get(inReleasePath)!, 'Origin: Test', 'Origin: Evil'));
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_TAMPERED');
  });

  it('tampered: text outside of the signed part counts for nothing', async () => {
    const { server, open } = await setUp();
    server.files.set(
      inReleasePath,
      Buffer.concat([server.files.get(inReleasePath)!, Buffer.from('Codename: evil\n')]),
    );
    expect((await open()).release.codename).toBe('trixie');
    server.files.set(
      inReleasePath,
      Buffer.concat([Buffer.from('Codename: evil\n'), server.files.get(inReleasePath)!]),
    );
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_UNSIGNED');
  });

  it('unsigned', async () => {
    const { server, open, signed } = await setUp();
    server.files.set(inReleasePath, Buffer.from(signed));
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_UNSIGNED');
  });

  it('signed by an unknown key, which is named', async () => {
    const { open } = await setUp({ keys: [stranger] });
    const error = await refused(open);
    expect(error.code).toBe('VAPP_ARCHIVE_UNKNOWN_KEY');
    expect(error.why).toContain(stranger.secret.getKeyID().toHex().toUpperCase());
  });

  it('expired: Valid-Until has passed', async () => {
    const { open } = await setUp({ date: later(-8), validUntil: later(-1) });
    const error = await refused(open);
    expect(error.code).toBe('VAPP_ARCHIVE_EXPIRED');
    expect(error.why).toContain(later(-1).toUTCString());
  });

  it('from the future', async () => {
    const { open } = await setUp({ date: later(1), signedAt: now });
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_FROM_FUTURE');
  });

  it('signed in the future', async () => {
    const { open } = await setUp({ date: now, signedAt: later(1) });
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_FROM_FUTURE');
  });

  it('downgraded: older than what was seen, until the memory is removed', async () => {
    const { context, open, publishAgain } = await setUp();
    await open();
    await publishAgain({ date: later(-3) });
    const error = await refused(open);
    expect(error.code).toBe('VAPP_ARCHIVE_DOWNGRADED');
    expect(error.hint).toContain(join(context.cache, 'suites'));
    const [memory = ''] = await readdir(join(context.cache, 'suites'));
    await writeFile(join(context.cache, 'suites', memory), 'not JSON');
    expect((await open()).release.date).toEqual(later(-3));
  });

  it('does not believe a cache on the way that holds an old copy', async () => {
    const { server, open, publishAgain } = await setUp();
    await open();
    const present = server.files.get(inReleasePath)!;
    await publishAgain({ date: later(-3) });
    const stale = server.files.get(inReleasePath)!;
    server.special.set(inReleasePath, (request, response) =>
      response.end(request.headers['cache-control'] === 'no-cache' ? present : stale),
    );
    expect((await open()).release.date).toEqual(now);
  });

  it('of another suite', async () => {
    const { open } = await setUp({ suite: 'oldstable', codename: 'bookworm' });
    expect(await refused(open)).toMatchObject({
      code: 'VAPP_ARCHIVE_SUITE_MISMATCH',
      why: expect.stringContaining('bookworm'),
    });
  });

  it('with sums that prove nothing', async () => {
    for (const sums of ['SHA1', 'MD5Sum'] as const) {
      const { open } = await setUp({ sums });
      expect((await refused(open)).code).toBe('VAPP_ARCHIVE_BAD_RELEASE');
    }
  });

  it('without the component', async () => {
    const { open } = await setUp();
    expect(await refused(() => open({ components: ['universe'] }))).toMatchObject({
      code: 'VAPP_ARCHIVE_NO_INDEX',
      message: expect.stringContaining('universe/binary-amd64/Packages'),
      why: expect.stringContaining('main'),
    });
  });

  it('that is a web page', async () => {
    const { server, open } = await setUp();
    server.files.set(inReleasePath, Buffer.from('<!DOCTYPE html><p>Log in to the wireless network'));
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_NOT_AN_ARCHIVE');
  });

  it('that does not exist', async () => {
    const { open } = await setUp();
    const error = await refused(() => open({ suite: 'sid' }));
    expect(error).toMatchObject({
      code: 'VAPP_ARCHIVE_NOT_FOUND',
      message: expect.stringContaining('sid/InRelease'),
    });
  });

  it('that cannot be reached', async () => {
    const { server, open } = await setUp();
    await server.close();
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_UNREACHABLE');
  });

  it('with a huge InRelease', async () => {
    const { server, open } = await setUp();
    server.files.set(inReleasePath, Buffer.alloc((16 << 20) + 1));
    expect((await refused(open)).code).toBe('VAPP_ARCHIVE_WRONG_SIZE');
  });

  it('with an index of the wrong size, wrong content, or none', async () => {
    const { server, open } = await setUp();
    const path = [...server.files.keys()].find((name) => name.includes('by-hash'))!;
    const good = server.files.get(path)!;
    const plain = '/debian/dists/trixie/main/binary-amd64/Packages.xz';
    const outcome = async (data: Buffer | undefined): Promise<string> => {
      for (const name of [path, plain]) {
        if (data) server.files.set(name, data);
        else server.files.delete(name);
      }
      return (await refused(open)).code;
    };
    expect(await outcome(Buffer.concat([good, good]))).toBe('VAPP_ARCHIVE_WRONG_SIZE');
    expect(await outcome(Buffer.alloc(good.length))).toBe('VAPP_ARCHIVE_WRONG_HASH');
    expect(await outcome(undefined)).toBe('VAPP_ARCHIVE_NOT_FOUND');
    server.special.set(path, status(500));
    expect(await outcome(undefined)).toBe('VAPP_ARCHIVE_HTTP_STATUS');
  });

  it('with a keyring that is none', async () => {
    const { open } = await setUp();
    for (const keyring of [
      'nothing.asc',
      '/does/not/exist.asc',
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\nrubbish',
    ])
      expect((await refused(() => open({ keyring }))).code).toBe('VAPP_ARCHIVE_BAD_KEYRING');
  });

  it('with a package of the wrong size or content', async () => {
    const { server, context, open } = await setUp();
    const suite = await open();
    const hello = suite.packages.get('hello')!;
    const path = '/debian/pool/main/hello_1.0_amd64.deb';
    server.files.set(path, Buffer.from(`${debContent('hello')}!`));
    expect((await refused(() => fetchPackage(suite, hello, context))).code).toBe('VAPP_ARCHIVE_WRONG_SIZE');
    server.files.set(path, Buffer.from(debContent('hellO')));
    expect((await refused(() => fetchPackage(suite, hello, context))).code).toBe('VAPP_ARCHIVE_WRONG_HASH');
  });
});

describe('packageUrl', () => {
  it('keeps what a path may hold and quotes what it may not', () => {
    const url = (Filename: string): string =>
      packageUrl({ mirror: 'http://mirror.example/debian' }, { Filename });
    expect(url('pool/g/g++_1%3a2~b+c_amd64.deb')).toBe(
      'http://mirror.example/debian/pool/g/g++_1%253a2~b+c_amd64.deb',
    );
    expect(url('pool/a#b?c.deb')).toBe('http://mirror.example/debian/pool/a%23b%3Fc.deb');
  });
});
