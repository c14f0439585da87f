import { describe, expect, it } from 'vitest';
import { indexPackages } from '../../src/archive/package-index.js';
import type { PackageIndex } from '../../src/archive/types.js';
import { packages, stanza } from './test-archive.js';

const index = (...texts: string[]): Promise<PackageIndex> =>
  indexPackages(texts.map((text, at) => ({ label: `index ${at}`, bytes: Buffer.from(text) })));

describe('a package index', () => {
  it('keeps each stanza byte for byte', async () => {
    const text = stanza('hello', '1.0', 'Description: Grüße\n .\n  über alles');
    const { raw, Size } = (await index(packages(stanza('a'), text, stanza('b')))).get('hello')!;
    expect(raw).toBe(text);
    expect(Size).toBeTypeOf('number');
  });

  it('concatenated is the file again', async () => {
    const text = packages(stanza('a'), stanza('b'), stanza('c'));
    expect([...(await index(text)).all()].map(({ raw }) => `${raw}\n`).join('')).toBe(text);
  });

  it('bears more empty lines than needed, and none at the end', async () => {
    const got = await index(`\n\n${stanza('a')}\n\n\n${stanza('b').trimEnd()}`);
    expect([...got.names()]).toEqual(['a', 'b']);
    expect(got.get('b')?.Version).toBe('1.0');
  });

  it('finds the name wherever its field stands', async () => {
    const text = stanza('late').split('\n');
    const turned = [...text.slice(1, -1), text[0], ''].join('\n');
    expect((await index(packages(turned))).get('late')?.Version).toBe('1.0');
  });

  it('takes the highest version, and the first of equal ones', async () => {
    const got = await index(
      packages(stanza('a', '1.2~rc1'), stanza('a', '1.2', 'Section: first')),
      packages(stanza('a', '1.2')),
    );
    expect(got.size).toBe(1);
    expect(got.get('a')).toMatchObject({ Version: '1.2', Section: 'first' });
  });

  it('knows no names of objects', async () => {
    expect((await index('')).get('constructor')).toBeUndefined();
    expect((await index('')).size).toBe(0);
  });

  it('finds packages by a field, in the version that counts alone', async () => {
    const got = await index(
      packages(
        stanza('a', '1', 'Priority: required'),
        stanza('b', '1', 'Priority: required-not'),
        stanza('old', '1', 'Priority: required'),
        stanza('c', '1', 'Description: none\n Priority: required'),
      ),
      `${stanza('old', '2')}\n${stanza('last', '1', 'Priority: required').trimEnd()}`,
    );
    const named: string[] = [];
    for await (const { Package } of got.withField('Priority', 'required')) named.push(Package);
    expect(named).toEqual(['a', 'last']);
  });

  it('says who provides a name, versioned or not, once, and only in the version that counts', async () => {
    const got = await index(
      packages(
        stanza('exim4', '1', 'Provides: mail-transport-agent'),
        stanza('postfix', '1', 'Provides: mail-transport-agent, mail-transport-agent (= 2), postfix'),
        stanza('old', '1', 'Provides: mail-transport-agent'),
        stanza('old', '2'),
        stanza('folded', '1', 'Provides: something,\n mail-transport-agent'),
      ),
    );
    const names = (name: string): string[] => got.providers(name).map(({ Package }) => Package);
    expect(names('mail-transport-agent')).toEqual(['exim4', 'postfix', 'folded']);
    expect(names('postfix')).toEqual([]);
    expect(names('nothing')).toEqual([]);
  });

  it.each([
    ['Size: x', /Size: \d+/, 'Size'],
    ['SHA256: 12', /SHA256: \w+/, 'SHA256'],
    ['Filename: ../../etc/passwd', /Filename: .*/, 'Filename'],
    ['Filename: /etc/passwd', /Filename: .*/, 'Filename'],
    ['Version:', /Version: .*/, 'Version'],
  ])('refuses a stanza with %s when it is asked for', async (bad, field, name) => {
    const got = await index(packages(stanza('a'), stanza('b').replace(field, bad)));
    expect(got.get('a')?.Package).toBe('a');
    expect(() => got.get('b')).toThrowError(
      expect.objectContaining({
        code: 'VAPP_ARCHIVE_BAD_INDEX',
        why: expect.stringMatching(`Package b .*${name}`),
      }),
    );
  });

  it('names near ones', async () => {
    expect((await index(packages(stanza('nginx'), stanza('vim')))).near('ngnix')).toEqual(['nginx']);
  });
});
