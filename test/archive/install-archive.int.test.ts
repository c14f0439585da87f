import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackageSource } from '../../src/archive/archive-request.js';
import { makeBaseTarball } from '../../src/archive/base-tarball.js';
import { type InstallArchive, makeInstallArchive } from '../../src/archive/install-archive.js';
import type { Suite } from '../../src/archive/types.js';
import { type PackageProxy, startProxy } from '../../src/proxy/index.js';
import { give, type Mirror, startMirror } from '../proxy/mirror.js';
import { type BuiltDeb, buildDeb, type Fields, makeIndex, makeSuite } from './doubles.js';

/** apt-get and debootstrap judge an install archive through the proxy, as the guest's do. */
const directory = mkdtempSync(join(tmpdir(), 'vapp-judge-'));
const debs: BuiltDeb[] = [];
let suites: Suite[];
let archive: InstallArchive;
let proxy: PackageProxy;
let mirror: Mirror;

const fetch: PackageSource = async (_suite, stanza) =>
  debs.find(({ fields }) => fields.SHA256 === stanza.SHA256)!.path;

const build = async (fields: Fields): Promise<Fields> => {
  const deb = await buildDeb(directory, fields);
  debs.push(deb);
  return deb.fields;
};

const common = () => ({ cache: join(directory, 'cache'), emit: () => {}, fetch });

beforeAll(async () => {
  const main = [
    await build({ Package: 'libc6', Priority: 'required', Depends: 'libgcc | other, virtual' }),
    await build({ Package: 'libgcc' }),
    await build({ Package: 'other' }),
    await build({ Package: 'provider', Provides: 'virtual' }),
    await build({ Package: 'init', Priority: 'important', 'Pre-Depends': 'libc6', Depends: 'gone | other' }),
    await build({
      Package: 'cron',
      Version: '2:1.0',
      Priority: 'important',
      Depends: 'other | libgcc, helper:any',
    }),
    await build({ Package: 'helper' }),
    await build({ Package: 'g++', Version: '4:14~rc1+b2' }),
  ];
  const security = [await build({ Package: 'g++', Version: '4:14+deb13u1' })];
  suites = [
    makeSuite(await makeIndex(main), { components: ['main', 'non-free-firmware'] }),
    makeSuite(await makeIndex(security), {
      mirror: 'http://security.example/debian-security',
      suite: 'trixie-security',
      alias: 'stable-security',
      components: ['main', 'non-free-firmware'],
      releaseComponents: 'updates/main updates/contrib updates/non-free-firmware',
    }),
  ];
  archive = await makeInstallArchive({
    ...common(),
    suites,
    seeds: ['g++'],
    directory: join(directory, 'archive'),
    repack: true,
  });
  writeFileSync(join(directory, 'key.gpg'), archive.key);
  // Nothing repacks it, for only apt sees that a virtual package needs it: it comes from the mirror.
  mirror = await startMirror();
  const provider = debs.find(({ fields }) => fields.Package === 'provider')!;
  mirror.handlers.set(`/${provider.fields.Filename}`, give(readFileSync(provider.path)));
  proxy = await startProxy({
    listen: { host: '127.0.0.1' },
    upstreams: archive.roots.map((root) => ({
      uri: root.mirror,
      source: mirror.url,
      archive: root.directory,
    })),
    cache: join(directory, 'cache'),
    emit: () => {},
  });
});
afterAll(async () => {
  await proxy.close();
  await mirror.close();
  rmSync(directory, { recursive: true });
});

/** An apt of its own: nothing of this machine's configuration, state or keys. */
const aptRoot = (name: string, keyring: string): string => {
  const root = join(directory, name);
  for (const path of [
    'etc/apt/trusted.gpg.d',
    'etc/apt/apt.conf.d',
    'etc/apt/preferences.d',
    'var/lib/apt/lists/partial',
    'var/lib/dpkg',
  ])
    mkdirSync(join(root, path), { recursive: true });
  mkdirSync(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), '');
  writeFileSync(join(root, 'etc/apt/trusted.gpg.d/build.gpg'), readFileSync(keyring));
  const lines = suites.map(({ mirror, suite }) => `deb ${mirror} ${suite} main non-free-firmware\n`);
  writeFileSync(join(root, 'etc/apt/sources.list'), lines.join(''));
  const settings = { Dir: root, 'Dir::State::status': join(root, 'var/lib/dpkg/status') };
  const more = {
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': 'root',
    'Acquire::http::Proxy': proxy.url,
  };
  const text = Object.entries({ ...settings, ...more }).map(([key, value]) => `${key} "${value}";\n`);
  writeFileSync(join(root, 'apt.conf'), text.join(''));
  return root;
};

const aptGet = (root: string, ...args: string[]) =>
  execa('apt-get', args, { all: true, env: { LC_ALL: 'C', APT_CONFIG: join(root, 'apt.conf') } });

describe('apt-get', () => {
  it('takes the archive without a word of complaint, and the packages too', async () => {
    const root = aptRoot('apt', join(directory, 'key.gpg'));
    const { all } = await aptGet(root, 'update');
    expect(all).not.toMatch(/^[WE]:/m);
    await aptGet(root, '-y', '--download-only', 'install', 'g++', 'init');
    expect(readdirSync(join(root, 'var/cache/apt/archives')).filter((name) => name.endsWith('.deb'))).toEqual(
      [
        'g++_4%3a14+deb13u1_amd64.deb',
        'init_1.0_amd64.deb',
        'libc6_1.0_amd64.deb',
        'libgcc_1.0_amd64.deb',
        'other_1.0_amd64.deb',
        'provider_1.0_amd64.deb',
      ],
    );
  });

  it('finds nothing to fetch the second time', async () => {
    const root = aptRoot('again', join(directory, 'key.gpg'));
    await aptGet(root, 'update');
    const { all } = await aptGet(root, 'update');
    expect(all).toMatch(/^Hit:1 /m);
    expect(all).not.toMatch(/^Get:/m);
  });

  it('refuses it with any other key', async () => {
    const root = aptRoot('wrong', join(directory, 'key.gpg'));
    rmSync(join(root, 'etc/apt/trusted.gpg.d/build.gpg'));
    const { all } = await aptGet(root, 'update', '-o', 'APT::Update::Error-Mode=any').catch((error) => error);
    expect(all).toContain('NO_PUBKEY');
  });
});

describe('debootstrap', () => {
  const unpack = async (tarball: string, name: string): Promise<string> => {
    const target = join(directory, name);
    mkdirSync(target);
    await execa('tar', ['-xf', tarball, '-C', target]);
    return target;
  };
  const words = (path: string) => readFileSync(path, 'utf8').split(/\s+/).filter(Boolean).sort();

  it('makes the same base tarball', async () => {
    const made = join(directory, 'made.tgz');
    const options = ['--arch=amd64', '--components=main', `--keyring=${join(directory, 'key.gpg')}`];
    const target = [`--make-tarball=${made}`, 'trixie', join(directory, 'target'), suites[0]!.mirror];
    await execa('debootstrap', [...options, ...target], {
      env: { LC_ALL: 'C', http_proxy: proxy.url, PATH: `${process.env.PATH}:/usr/sbin` },
    });
    const ours = await makeBaseTarball({ ...common(), suite: suites[0]!, installArchive: archive });
    const [theirTree, ourTree] = [await unpack(made, 'theirs'), await unpack(ours.path, 'ours')];
    for (const name of ['required', 'base', 'debpaths', 'arch', 'suite'])
      expect(words(join(ourTree, 'debootstrap', name))).toEqual(words(join(theirTree, 'debootstrap', name)));
    const archives = 'var/cache/apt/archives';
    expect(readdirSync(join(ourTree, archives))).toEqual(readdirSync(join(theirTree, archives)));
    for (const name of readdirSync(join(ourTree, archives)).filter((entry) => entry.endsWith('.deb')))
      expect(readFileSync(join(ourTree, archives, name))).toEqual(
        readFileSync(join(theirTree, archives, name)),
      );
    expect(readdirSync(join(theirTree, 'var/lib/apt/lists'))).toEqual(
      expect.arrayContaining(readdirSync(join(ourTree, 'var/lib/apt/lists'))),
    );
  });
});
