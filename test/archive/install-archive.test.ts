import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstallArchive, makeInstallArchive } from '../../src/archive/install-archive.js';
import { indexPackages } from '../../src/archive/package-index.js';
import { parseRelease } from '../../src/archive/release.js';
import { seedName } from '../../src/archive/seeds.js';
import type { Stanza, Suite } from '../../src/archive/types.js';
import { type BuiltDeb, buildDeb, type Fields, makeIndex, makeSuite } from './doubles.js';

const directory = mkdtempSync(join(tmpdir(), 'vapp-archive-'));
afterAll(() => rmSync(directory, { recursive: true }));

const debs: BuiltDeb[] = [];
let suites: Suite[];
const fetched: string[] = [];

const fetch = async (_suite: Suite, stanza: Stanza): Promise<string> => {
  fetched.push(`${stanza.Package}_${stanza.Version}`);
  return debs.find(({ fields }) => fields.SHA256 === stanza.SHA256)!.path;
};

const make = (o: Partial<Parameters<typeof makeInstallArchive>[0]> = {}): Promise<InstallArchive> =>
  makeInstallArchive({
    suites,
    seeds: ['web'],
    directory: join(directory, 'archive'),
    repack: false,
    cache: join(directory, 'cache'),
    now: () => new Date('2026-11-24T12:00:00Z'),
    emit: () => {},
    fetch,
    ...o,
  });

const mainRoot = () => join(directory, 'archive/mirror.example_debian');
const suiteFile = (path: string, suite = 'trixie') => join(mainRoot(), 'dists', suite, path);
const listed = (path = suiteFile('main/binary-amd64/Packages')) =>
  indexPackages([{ label: path, bytes: readFileSync(path) }]);

const build = async (fields: Fields): Promise<Fields> => {
  const deb = await buildDeb(directory, fields);
  debs.push(deb);
  return deb.fields;
};

beforeAll(async () => {
  const main = [
    await build({ Package: 'libc6', Priority: 'required' }),
    await build({ Package: 'init', Priority: 'important', Depends: 'libc6' }),
    await build({ Package: 'web', Depends: 'libssl, libc6', Recommends: 'web-theme, locales' }),
    await build({ Package: 'libssl', Version: '1:3.0' }),
    { Package: 'web-theme' },
    { Package: 'locales', Depends: 'libc-l10n' },
    { Package: 'libc-l10n' },
    { Package: 'needs-locales', Depends: 'locales' },
    { Package: 'unrelated' },
    await build({ Package: 'usbutils' }),
    { Package: 'eject' },
    { Package: 'firmware', Section: 'non-free-firmware/kernel', Priority: 'important' },
    { Package: 'a1', Provides: 'agent' },
    { Package: 'a2', Provides: 'agent' },
    { Package: 'only', Provides: 'single' },
  ];
  const security = [
    await build({ Package: 'libssl', Version: '1:3.1' }),
    await build({ Package: 'libc6', Version: '1.1', Priority: 'required' }),
    { Package: 'unrelated', Version: '1.1' },
  ];
  suites = [
    makeSuite(await makeIndex(main), { components: ['main', 'non-free-firmware'] }),
    makeSuite(await makeIndex(security), {
      mirror: 'http://security.example/debian-security',
      suite: 'trixie-security',
      alias: 'stable-security',
      releaseComponents: 'updates/main updates/contrib',
    }),
  ];
});

describe('makeInstallArchive', () => {
  it('lists what can be pulled in, byte for byte, each suite its own versions', async () => {
    const archive = await make();
    expect([...(await listed()).names()].sort()).toEqual(
      ['eject', 'init', 'libc-l10n', 'libc6', 'libssl', 'locales', 'usbutils', 'web', 'web-theme'].sort(),
    );
    expect((await listed()).get('web')!.raw).toBe(suites[0]!.packages.get('web')!.raw);
    const security = archive.roots.find(({ mirror }) => mirror.includes('security'))!.directory;
    const file = join(security, 'dists/trixie-security/main/binary-amd64/Packages');
    expect([...(await listed(file)).names()].sort()).toEqual(['libc6', 'libssl']);
  });

  it('keeps components apart', async () => {
    await make();
    expect([...(await listed(suiteFile('non-free-firmware/binary-amd64/Packages'))).names()]).toEqual([
      'firmware',
    ]);
  });

  it('describes each file in a signed Release with the real suite’s identity and no Valid-Until', async () => {
    const archive = await make();
    const keyring = join(directory, 'key.gpg');
    writeFileSync(keyring, archive.key);
    for (const args of [[suiteFile('InRelease')], [suiteFile('Release.gpg'), suiteFile('Release')]])
      expect((await execa('gpgv', ['--homedir', directory, '--keyring', keyring, ...args])).exitCode).toBe(0);
    const text = readFileSync(suiteFile('Release'), 'utf8');
    const release = parseRelease('x', text);
    expect(text).not.toContain('Valid-Until');
    expect(release).toMatchObject({ origin: 'Debian', suite: 'stable', codename: 'trixie', version: '13.8' });
    expect(release.components).toEqual(['main', 'non-free-firmware']);
    expect(release.files.size).toBe(6);
    for (const [path, { size, sha256 }] of release.files) {
      const data = readFileSync(suiteFile(path));
      expect([data.length, createHash('sha256').update(data).digest('hex')]).toEqual([size, sha256]);
      const byHash = suiteFile(path.replace(/[^/]+$/, `by-hash/SHA256/${sha256}`));
      expect(readFileSync(byHash).equals(data)).toBe(true);
    }
    expect(gunzipSync(readFileSync(suiteFile('main/binary-amd64/Packages.gz')))).toEqual(
      readFileSync(suiteFile('main/binary-amd64/Packages')),
    );
  });

  it('names the security archive’s components as it does', async () => {
    const archive = await make();
    const root = archive.roots[1]!.directory;
    const text = readFileSync(join(root, 'dists/trixie-security/Release'), 'utf8');
    expect(text).toContain('Components: updates/main\n');
    expect(text).toContain(' main/binary-amd64/Packages.gz\n');
  });

  it('links the suite’s other name', async () => {
    await make();
    expect(readlinkSync(join(mainRoot(), 'dists/stable'))).toBe('trixie');
    expect(existsSync(suiteFile('InRelease', 'stable'))).toBe(true);
  });

  it('leaves names out, but never what a seed is or needs', async () => {
    const leaveOut = ['locales', 'locales-all', 'libc-l10n'];
    await make({ leaveOut });
    expect((await listed()).get('locales')).toBeUndefined();
    expect((await listed()).get('libc-l10n')).toBeUndefined();
    for (const seed of ['locales', 'needs-locales']) {
      await make({ leaveOut, seeds: [seed] });
      expect((await listed()).get('locales') && (await listed()).get('libc-l10n')).toBeDefined();
    }
  });

  it('offers what the installer asks for by itself, repacks what it surely installs, misses none of it', async () => {
    fetched.length = 0;
    const archive = await make({ repack: true, cache: mkdtempSync(join(directory, 'cache-')) });
    expect((await listed()).get('usbutils') && (await listed()).get('eject')).toBeDefined();
    expect(fetched.filter((name) => /^(usbutils|eject)/.test(name))).toEqual(['usbutils_1.0']);
    expect(archive.missing).toEqual([]);
  });

  it('reports seeds that apt would not find, with what was meant', async () => {
    const { missing } = await make({ seeds: ['wbe', 'agent', 'single', 'web:amd64', 'libssl=1:3.0'] });
    expect(missing).toEqual([
      { name: 'wbe', near: expect.arrayContaining(['web']), reason: 'unknown' },
      { name: 'agent', near: ['a1', 'a2'], reason: 'virtual' },
    ]);
  });

  it('repacks the highest version of what will surely be installed, and lists those files', async () => {
    fetched.length = 0;
    const cache = mkdtempSync(join(directory, 'cache-'));
    const archive = await make({ repack: true, cache });
    expect(fetched.sort()).toEqual(['init_1.0', 'libc6_1.1', 'libssl_1:3.1', 'usbutils_1.0', 'web_1.0']);
    const security = archive.roots.find(({ mirror }) => mirror.includes('security'))!.directory;
    for (const [name, root, member] of [
      ['libc6', security, 'data.tar '],
      ['init', mainRoot(), 'data.tar.zst'],
      ['web', mainRoot(), 'data.tar.zst'],
    ] as const) {
      const suite = root === security ? 'trixie-security' : 'trixie';
      const stanza = (await listed(join(root, 'dists', suite, 'main/binary-amd64/Packages'))).get(name)!;
      const data = readFileSync(join(root, stanza.Filename));
      expect([data.length, createHash('sha256').update(data).digest('hex')]).toEqual([
        stanza.Size,
        stanza.SHA256,
      ]);
      expect(data.includes(member)).toBe(true);
      expect(stanza.raw).not.toMatch(/^MD5sum/m);
    }
    expect((await listed()).get('web-theme')!.raw).toContain('MD5sum');
    expect(existsSync(join(mainRoot(), (await listed()).get('web-theme')!.Filename))).toBe(false);
  });

  it('drops what an earlier archive in the same place offered', async () => {
    await make({ repack: true });
    await make();
    expect(existsSync(join(mainRoot(), 'pool'))).toBe(false);
    expect(readdirSync(join(mainRoot(), 'dists')).sort()).toEqual(['stable', 'trixie']);
  });

  it('says how far repacking is', async () => {
    const counts: number[] = [];
    await make({
      repack: true,
      emit: (event) => event.type === 'progress' && counts.push(event.done / event.total!),
    });
    expect(counts).toEqual([1, 2, 3, 4, 5].map((done) => done / 5));
  });
});

describe('seedName', () => {
  it.each(['g++', 'g++:amd64', 'g++=4:14', 'g++/trixie', ' g++ '])('reads %s as g++', (seed) => {
    expect(seedName(seed)).toBe('g++');
  });
});
