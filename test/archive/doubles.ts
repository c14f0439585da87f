import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { indexPackages } from '../../src/archive/package-index.js';
import { parseRelease } from '../../src/archive/release.js';
import type { PackageIndex, Suite } from '../../src/archive/types.js';

/** What a stanza of a test says; the rest is made up. */
export interface Fields {
  Package: string;
  [name: string]: string;
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

export const stanzaText = (fields: Fields): string => {
  const all = {
    Version: '1.0',
    Architecture: 'amd64',
    Section: 'misc',
    Priority: 'optional',
    Filename: `pool/main/${fields.Package}_1.0_amd64.deb`,
    Size: '10',
    MD5sum: 'd41d8cd98f00b204e9800998ecf8427e',
    SHA256: sha256(fields.Package),
    ...fields,
  };
  const { Package, ...rest } = all;
  const lines = Object.entries(rest).map(([name, value]) => `${name}: ${value}\n`);
  return `Package: ${Package}\n${lines.join('')}`;
};

export const makeIndex = (stanzas: readonly Fields[]): Promise<PackageIndex> =>
  indexPackages([{ label: 'Packages', bytes: Buffer.from(stanzas.map(stanzaText).join('\n')) }]);

export interface SuiteDouble {
  suite?: string;
  mirror?: string;
  alias?: string;
  components?: string[];
  releaseComponents?: string;
}

/** A suite as `openSuite` gives it, without a signature. */
export const makeSuite = (packages: PackageIndex, o: SuiteDouble = {}): Suite => {
  const { suite = 'trixie', alias = 'stable', components = ['main'] } = o;
  const text = [
    'Origin: Debian',
    'Label: Debian',
    `Suite: ${alias}`,
    'Version: 13.8',
    `Codename: ${suite}`,
    'Changelogs: https://changelogs.example/',
    'Date: Sat, 21 Nov 2026 09:15:44 UTC',
    'Valid-Until: Sat, 28 Nov 2026 09:15:44 UTC',
    'Acquire-By-Hash: yes',
    'Architectures: all amd64 arm64',
    `Components: ${o.releaseComponents ?? 'main contrib non-free-firmware'}`,
    'Description: Debian 13.8 Released 21 November 2026',
    'SHA256:',
    ` ${sha256('x')} 1 main/x`,
    '',
  ].join('\n');
  return {
    mirror: o.mirror ?? 'http://mirror.example/debian',
    suite,
    arch: 'amd64',
    components,
    release: parseRelease('http://mirror.example/InRelease', text),
    inRelease: Buffer.from(text),
    packages,
  };
};

export interface BuiltDeb {
  path: string;
  fields: Fields;
}

/** Builds a real package with dpkg-deb in `directory`, with one file, and gives the fields that an index would list. */
export const buildDeb = async (
  directory: string,
  fields: Fields,
  o: { compression?: 'xz' | 'gzip' | 'zstd' | 'none'; content?: string } = {},
): Promise<BuiltDeb> => {
  const { Package, Version = '1.0', ...rest } = fields;
  const tree = join(directory, `${Package}.tree`);
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  mkdirSync(join(tree, 'usr/share', Package), { recursive: true });
  writeFileSync(join(tree, 'usr/share', Package, 'data'), o.content ?? `This is ${Package}.\n`.repeat(500));
  const control = {
    Package,
    Version,
    Architecture: 'amd64',
    Maintainer: 'Nobody <nobody@example.org>',
    ...rest,
  };
  const lines = Object.entries({ ...control, Description: 'for a test' }).map(
    ([name, value]) => `${name}: ${value}\n`,
  );
  writeFileSync(join(tree, 'DEBIAN/control'), lines.join(''));
  writeFileSync(join(tree, 'DEBIAN/postinst'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const path = join(directory, `${Package}_${Version.replace(':', '%3a')}_amd64.deb`);
  await execa('dpkg-deb', ['--root-owner-group', `-Z${o.compression ?? 'xz'}`, '--build', tree, path]);
  rmSync(tree, { recursive: true });
  const bytes = readFileSync(path);
  const Filename = `pool/main/${Package}/${Package}_${Version.replace(/^\d+:/, '')}_amd64.deb`;
  return {
    path,
    fields: {
      ...fields,
      Version,
      Filename,
      Size: String(bytes.length),
      MD5sum: createHash('md5').update(bytes).digest('hex'),
      SHA256: sha256(bytes),
    },
  };
};
