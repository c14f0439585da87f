import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { readAr } from '../../src/archive/ar.js';
import { repackDeb } from '../../src/archive/repack.js';
import { buildDeb } from './doubles.js';

const directory = mkdtempSync(join(tmpdir(), 'vapp-repack-'));
const cache = join(directory, 'cache');
afterAll(() => rmSync(directory, { recursive: true }));

const members = async (deb: string) => (await readAr(deb)).map(({ name }) => name);

const tarOf = async (what: '--fsys-tarfile' | '--ctrl-tarfile', deb: string): Promise<Buffer> =>
  Buffer.from((await execa('dpkg-deb', [what, deb], { encoding: 'buffer' })).stdout);

const repack = async (
  name: string,
  compression: 'xz' | 'gzip' | 'zstd' | 'none',
  form: 'stored' | 'zstd',
) => {
  const { path, fields } = await buildDeb(directory, { Package: name }, { compression });
  return {
    path,
    sha256: fields.SHA256!,
    result: await repackDeb(async () => path, fields.SHA256!, form, cache),
  };
};

describe('repackDeb', () => {
  it.each([
    ['xz', 'stored', ['debian-binary', 'control.tar', 'data.tar']],
    ['xz', 'zstd', ['debian-binary', 'control.tar', 'data.tar.zst']],
    ['gzip', 'zstd', ['debian-binary', 'control.tar', 'data.tar.zst']],
    ['zstd', 'stored', ['debian-binary', 'control.tar', 'data.tar']],
    ['none', 'zstd', ['debian-binary', 'control.tar', 'data.tar.zst']],
  ] as const)('turns %s into %s with equal contents', async (compression, form, expected) => {
    const { path, result } = await repack(`from-${compression}-to-${form}`, compression, form);
    expect(await members(result!.path)).toEqual(expected);
    for (const what of ['--fsys-tarfile', '--ctrl-tarfile'] as const)
      expect((await tarOf(what, result!.path)).equals(await tarOf(what, path))).toBe(true);
  });

  it('knows size and SHA-256 of what it made, and makes it once', async () => {
    const first = await repack('once', 'xz', 'zstd');
    const bytes = readFileSync(first.result!.path);
    expect(first.result).toMatchObject({
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const inode = statSync(first.result!.path).ino;
    utimesSync(first.result!.path, 1, 1);
    const again = await repackDeb(
      () => Promise.reject(new Error('fetched again')),
      first.sha256,
      'zstd',
      cache,
    );
    expect(again).toEqual(first.result);
    expect(statSync(again!.path).ino).toBe(inode);
    // That it is used is written down.
    expect(statSync(again!.path).mtimeMs).toBeGreaterThan(1000);
  });

  it('makes it again when the file in the cache was cut', async () => {
    const first = await repack('cut', 'xz', 'stored');
    writeFileSync(first.result!.path, 'cut');
    expect(await repackDeb(async () => first.path, first.sha256, 'stored', cache)).toEqual(first.result);
  });

  it('refuses what is no package, and leaves nothing half made', async () => {
    const path = join(directory, 'no.deb');
    writeFileSync(path, 'no package');
    await expect(repackDeb(async () => path, 'f'.repeat(64), 'zstd', cache)).rejects.toMatchObject({
      code: 'VAPP_ARCHIVE_BAD_DEB',
    });
    expect((await execa('find', [cache, '-name', '*.tmp'])).stdout).toBe('');
  });

  it('refuses a package whose compressed data are damaged', async () => {
    const { path } = await buildDeb(directory, { Package: 'damaged' });
    const bytes = readFileSync(path);
    bytes.fill(0x55, bytes.length - 200);
    writeFileSync(path, bytes);
    await expect(repackDeb(async () => path, 'e'.repeat(64), 'zstd', cache)).rejects.toMatchObject({
      code: 'VAPP_ARCHIVE_BAD_DEB',
    });
  });

  it('names the Debian package of a program that is missing', async () => {
    const { path } = await buildDeb(directory, { Package: 'without' });
    const before = process.env.PATH;
    process.env.PATH = directory;
    try {
      await expect(repackDeb(async () => path, 'd'.repeat(64), 'zstd', cache)).rejects.toMatchObject({
        code: 'VAPP_ARCHIVE_NO_DECOMPRESSOR',
        hint: expect.stringMatching(/xz-utils|zstd/),
      });
    } finally {
      process.env.PATH = before;
    }
  });
});
