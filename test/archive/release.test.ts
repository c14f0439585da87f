import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseRelease } from '../../src/archive/release.js';

const url = 'http://mirror.example/debian/dists/trixie/InRelease';
const hash = 'a'.repeat(64);
const release = (...lines: string[]): string =>
  ['Date: Sat, 21 Nov 2026 09:15:44 UTC', ...lines, 'SHA256:', ` ${hash} 12 main/binary-amd64/Packages`].join(
    '\n',
  );

describe('parseRelease', () => {
  it("reads Debian's", async () => {
    const text = await readFile(new URL('fixtures/InRelease', import.meta.url), 'utf8');
    const got = parseRelease(
      url,
      text.slice(text.indexOf('\n\n') + 2, text.indexOf('-----BEGIN PGP SIGNATURE')),
    );
    expect(got).toMatchObject({
      origin: 'Debian',
      suite: 'stable',
      codename: 'trixie',
      version: '13.8',
      date: new Date('2026-11-21T09:15:44Z'),
      acquireByHash: true,
      components: ['main', 'contrib', 'non-free-firmware', 'non-free'],
    });
    expect(got.validUntil).toBeUndefined();
    expect(got.files.get('main/binary-amd64/Packages.xz')).toEqual({
      sha256: 'be3d7d96a040eda0505c1808cccc67f183bbc05dff0842c50f88e6c396557412',
      size: 9_679_304,
    });
  });

  it('reads Valid-Until', () => {
    const got = parseRelease(url, release('Valid-Until: Sat, 28 Nov 2026 09:15:44 UTC'));
    expect(got.validUntil).toEqual(new Date('2026-11-28T09:15:44Z'));
  });

  it.each([
    ['no Date', `SHA256:\n ${hash} 1 a`],
    ['no SHA-256 sums', 'Date: Sat, 21 Nov 2026 09:15:44 UTC\nMD5Sum:\n 00 1 a'],
    ['a Date in another zone', release().replace('UTC', 'EST')],
    ['a Date in another form', release().replace(/Date: .*/, 'Date: 2026-11-21')],
    ['a Valid-Until that is none', release('Valid-Until: tomorrow')],
  ])('refuses %s', (_what, text) => {
    expect(() => parseRelease(url, text)).toThrowError(
      expect.objectContaining({ code: 'VAPP_ARCHIVE_BAD_RELEASE' }),
    );
  });
});
