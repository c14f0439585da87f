import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { debEntries, readDeb } from '../../src/archive/deb.js';
import type { DebEntry, EntryFilter } from '../../src/archive/types.js';
import { ar, buildDeb, craftDeb, type DpkgCompression } from './debs.js';
import { failure, temporaryDirectory } from './support.js';

const list = async (path: string, filter?: EntryFilter): Promise<DebEntry[]> => {
  const entries: DebEntry[] = [];
  for await (const entry of debEntries(path, filter)) entries.push(entry);
  return entries;
};

/** `drwxr-xr-x root/root 0 2026-… ./usr/` lines as modes and names. */
const dpkgLists = (path: string): string[] =>
  execFileSync('dpkg-deb', ['--contents', path], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+)\s+\S+\s+(\d+)\s+\S+\s+\S+\s+\.\/(.*?)\/?$/, '$1 $2 $3'));

const letters = { file: '-', directory: 'd', symlink: 'l', hardlink: 'h' } as Record<string, string>;

const asDpkg = ({ type, mode, size, name, linkname }: DebEntry): string => {
  const bits = [...mode.toString(2).padStart(9, '0')]
    .map((bit, at) => (bit === '1' ? 'rwx'[at % 3] : '-'))
    .join('');
  const target = type === 'symlink' ? ` -> ${linkname}` : type === 'hardlink' ? ` link to ./${linkname}` : '';
  return `${letters[type]}${bits} ${size} ${name}${target}`;
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each<DpkgCompression>(['xz', 'zstd', 'gzip', 'none'])(
  'a package compressed with %s',
  (compression) => {
    it('has the control files that dpkg-deb put in', async () => {
      const { control } = await readDeb(await buildDeb(compression));
      expect([...control.keys()].sort()).toEqual(['control', 'postinst']);
      expect(`${control.get('postinst')}`).toBe('#!/bin/sh\nexit 0\n');
    });

    it('lists what dpkg-deb lists', async () => {
      const path = await buildDeb(compression);
      expect((await list(path)).map(asDpkg)).toEqual(dpkgLists(path));
    });

    it('gives the content of what passes the filter', async () => {
      const entries = await list(await buildDeb(compression), ({ name }) => name.startsWith('usr/share/'));
      const contents = entries
        .filter(({ data }) => data)
        .map(({ name, data }) => [name.replace(/^.*\//, ''), `${data}`]);
      expect(Object.fromEntries(contents)).toEqual({ Grüße: 'umlaut', empty: '', name: 'long' });
    });
  },
);

describe('readDeb', () => {
  it('gives the content of an entry while it is the present one, and skips the rest', async () => {
    const { data } = await readDeb(await buildDeb('xz'));
    const found: string[] = [];
    for await (const entry of data)
      if (entry.name === 'usr/bin/hello') found.push(`${await entry.content()}`);
    expect(found).toEqual(['#!/bin/sh\necho hello\n']);
  });

  it('may be left early, and ends its decompressor', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
    const { data } = await readDeb(await buildDeb('xz'));
    for await (const _ of data) break;
    await vi.waitFor(() =>
      expect(process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap')).toHaveLength(before),
    );
  });

  it('says what it does not know of devices and pipes', async () => {
    const entries = await list(
      await craftDeb([
        { name: './dev/pipe', type: 'fifo' },
        { name: 'dev/null', type: 'character-device' },
      ]),
    );
    expect(entries.map(({ name, type }) => `${type} ${name}`)).toEqual([
      'fifo dev/pipe',
      'character-device dev/null',
    ]);
  });
});

describe('a damaged package', () => {
  const damage = async (change: (data: Buffer) => Buffer): Promise<string> => {
    const whole = await readFile(await buildDeb('xz'));
    const path = join(await temporaryDirectory(), 'damaged.deb');
    await writeFile(path, change(whole));
    return path;
  };

  it.each<[string, (data: Buffer) => Buffer]>([
    ['that is something else', () => Buffer.from('<html>')],
    ['that is empty', () => Buffer.alloc(0)],
    ['that ends too early', (data) => data.subarray(0, data.length - 10)],
    ['whose data has a wrong byte', (data) => Buffer.concat([data.subarray(0, -40), Buffer.alloc(40)])],
    ['without data', (data) => data.subarray(0, data.indexOf('data.tar.xz'))],
    [
      'with an unknown compression',
      () =>
        ar([
          ['debian-binary', Buffer.from('2.0\n')],
          ['control.tar.lzma', Buffer.from('x')],
        ]),
    ],
    [
      'with a header that is none',
      (data) => Buffer.concat([data.subarray(0, 66), Buffer.from('??'), data.subarray(68)]),
    ],
  ])('%s is VAPP_ARCHIVE_BAD_DEB', async (_what, change) => {
    const path = await damage(change);
    expect(await failure(list(path).then(() => readDeb(path)))).toMatchObject({
      code: 'VAPP_ARCHIVE_BAD_DEB',
      message: expect.stringContaining(path),
    });
  });

  it('that ends in the middle of a member, uncompressed, is noticed', async () => {
    const whole = await readFile(await craftDeb([{ name: 'a', content: 'x'.repeat(2000) }]));
    const path = join(await temporaryDirectory(), 'cut.deb');
    const start = whole.indexOf('data.tar');
    const data = whole.subarray(start + 60, start + 60 + 1000);
    await writeFile(path, Buffer.concat([whole.subarray(0, start), ar([['data.tar', data]]).subarray(8)]));
    expect(await failure(list(path))).toMatchObject({ code: 'VAPP_ARCHIVE_BAD_DEB' });
  });

  it('names the program that is missing', async () => {
    const path = await buildDeb('xz');
    vi.stubEnv('PATH', '/nonexistent');
    expect(await failure(list(path))).toMatchObject({
      code: 'VAPP_ARCHIVE_NO_DECOMPRESSOR',
      hint: 'apt-get install xz-utils',
    });
  });
});
