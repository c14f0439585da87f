import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BaseTarballRequest, makeBaseTarball } from '../../src/archive/base-tarball.js';
import type { InstallArchive } from '../../src/archive/install-archive.js';
import type { Stanza, Suite } from '../../src/archive/types.js';
import { type BuiltDeb, buildDeb, makeIndex, makeSuite } from './doubles.js';

const directory = mkdtempSync(join(tmpdir(), 'vapp-base-'));
afterAll(() => rmSync(directory, { recursive: true }));

const debs: BuiltDeb[] = [];
let suite: Suite;
let fetched = 0;

const make = (o: Partial<BaseTarballRequest> = {}) =>
  makeBaseTarball({
    suite,
    cache: join(directory, 'cache'),
    emit: () => {},
    fetch: async (_suite, stanza: Stanza) => {
      fetched += 1;
      return debs.find(({ fields }) => fields.SHA256 === stanza.SHA256)!.path;
    },
    ...o,
  });

const member = async (path: string, name: string): Promise<string> =>
  (await execa('tar', ['-xOf', path, name], { stripFinalNewline: false })).stdout;

beforeAll(async () => {
  debs.push(
    await buildDeb(directory, { Package: 'dpkg', Priority: 'required', Version: '1:1.22+b1~rc' }),
    await buildDeb(directory, { Package: 'init', Priority: 'important', Depends: 'helper' }),
    await buildDeb(directory, { Package: 'helper' }),
  );
  const other = { Package: 'unrelated' };
  suite = makeSuite(await makeIndex([...debs.map(({ fields }) => fields), other]));
});

describe('makeBaseTarball', () => {
  it('holds what debootstrap --unpack-tarball reads', async () => {
    const { path, packages } = await make();
    expect(packages).toEqual(['dpkg', 'helper', 'init']);
    expect(await member(path, 'debootstrap/required')).toBe('dpkg\n');
    expect(await member(path, 'debootstrap/base')).toBe('helper init \n');
    expect(await member(path, 'debootstrap/debpaths')).toBe(
      [
        'dpkg /var/cache/apt/archives/dpkg_1%3a1.22+b1~rc_amd64.deb\n',
        'helper /var/cache/apt/archives/helper_1.0_amd64.deb\n',
        'init /var/cache/apt/archives/init_1.0_amd64.deb\n',
      ].join(''),
    );
    const list = 'var/lib/apt/lists/mirror.example_debian_dists_trixie_main_binary-amd64_Packages';
    const stanzas = ['dpkg', 'helper', 'init'].map((name) => `${suite.packages.get(name)!.raw}\n`);
    expect(await member(path, list)).toBe(stanzas.join(''));
  });

  it('packs required packages so that busybox can unpack them, others for dpkg', async () => {
    const { path } = await make();
    await execa('tar', ['-xf', path, '-C', directory]);
    const archives = join(directory, 'var/cache/apt/archives');
    for (const name of readdirSync(archives).filter((entry) => entry.endsWith('.deb'))) {
      const original = debs.find(({ path: deb }) => deb.endsWith(`/${name}`))!;
      const tarOf = async (deb: string) =>
        (await execa('dpkg-deb', ['--fsys-tarfile', deb], { encoding: 'buffer' })).stdout;
      expect(await tarOf(join(archives, name))).toEqual(await tarOf(original.path));
      expect(readFileSync(join(archives, name)).includes('data.tar.zst')).toBe(!name.startsWith('dpkg'));
    }
  });

  it('is owned by root and dated like the suite', async () => {
    const { path } = await make();
    const { stdout } = await execa('tar', ['--utc', '--numeric-owner', '-tvf', path]);
    for (const line of stdout.split('\n'))
      expect(line).toMatch(/^(drwxr-xr-x|-rw-r--r--) 0\/0 .* 2026-11-21 09:15 /);
    expect(stdout).toContain(' var/cache/apt/archives/partial/');
  });

  it('is made once, and again with the same bytes', async () => {
    const first = await make();
    const inode = statSync(first.path).ino;
    const bytes = readFileSync(first.path);
    fetched = 0;
    utimesSync(first.path, 1, 1);
    expect(statSync((await make()).path).ino).toBe(inode);
    // That it is used is written down.
    expect(statSync(first.path).mtimeMs).toBeGreaterThan(1000);
    expect(fetched).toBe(0);
    rmSync(first.path);
    expect(readFileSync((await make()).path).equals(bytes)).toBe(true);
  });

  it('is made anew when its bytes are not those that were written', async () => {
    const { path } = await make();
    const bytes = readFileSync(path);
    const damaged = Buffer.from(bytes);
    damaged[1000] = (damaged[1000] ?? 0) ^ 1;
    writeFileSync(path, damaged);
    expect(readFileSync((await make()).path).equals(bytes)).toBe(true);
  });

  it('names its list after the mirror that the guest knows', async () => {
    const { path } = await make({ mirror: 'http://other.example:8080/a/b/' });
    const { stdout } = await execa('tar', ['-tf', path]);
    expect(stdout).toContain('lists/other.example:8080_a_b_dists_trixie_main_binary-amd64_Packages');
  });

  it('refuses a name that the suite does not have', async () => {
    await expect(make({ include: ['helpr'] })).rejects.toMatchObject({
      code: 'VAPP_ARCHIVE_BASE_PACKAGE',
      hint: expect.stringContaining('helper'),
    });
  });

  it('refuses an install archive that would not offer the base system', async () => {
    const installArchive = { packages: new Set(['dpkg', 'init']) } as unknown as InstallArchive;
    await expect(make({ installArchive })).rejects.toMatchObject({ why: expect.stringContaining('helper') });
  });
});
