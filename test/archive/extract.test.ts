import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractDeb } from '../../src/archive/extract.js';
import { buildDeb, craftDeb, type Member } from './debs.js';
import { failure, temporaryDirectory } from './support.js';

const extract = async (members: readonly Member[]): Promise<string> => {
  const directory = join(await temporaryDirectory(), 'tree');
  await extractDeb(await craftDeb(members), directory);
  return directory;
};

describe('extractDeb', () => {
  it('writes the same tree as dpkg-deb', async () => {
    const path = await buildDeb('xz');
    const directory = await temporaryDirectory();
    await extractDeb(path, join(directory, 'ours'));
    execFileSync('dpkg-deb', ['--extract', path, join(directory, 'theirs')]);
    expect(
      execFileSync('diff', [
        '-r',
        '--no-dereference',
        join(directory, 'ours'),
        join(directory, 'theirs'),
      ]).toString(),
    ).toBe('');
    const [ours, theirs] = await Promise.all(
      ['ours', 'theirs'].map((name) => stat(join(directory, name, 'usr/bin/hello'))),
    );
    expect([ours!.mode, ours!.nlink, ours!.mtimeMs]).toEqual([theirs!.mode, theirs!.nlink, theirs!.mtimeMs]);
  });

  it('writes what passes the filter and says what that was', async () => {
    const directory = await temporaryDirectory();
    const written = await extractDeb(await buildDeb('xz'), directory, ({ name }) => name === 'usr/bin/hello');
    expect(written.map(({ name }) => name)).toEqual(['usr/bin/hello']);
    expect(await readdir(directory)).toEqual(['usr']);
  });

  it('goes over what is there already', async () => {
    const path = await buildDeb('xz');
    const directory = await temporaryDirectory();
    await extractDeb(path, directory);
    await writeFile(join(directory, 'usr/bin/hello'), 'changed');
    await extractDeb(path, directory);
    expect(await readFile(join(directory, 'usr/bin/hello'), 'utf8')).toContain('echo hello');
  });

  it('drops setuid and leaves devices out', async () => {
    const directory = await extract([
      { name: 'bin/su', content: 'x', mode: 0o4755 },
      { name: 'dev/null', type: 'character-device' },
    ]);
    expect((await stat(join(directory, 'bin/su'))).mode & 0o7777).toBe(0o755);
    expect(await readdir(join(directory, 'dev'))).toEqual([]);
  });

  it('follows a link of the tree inside the tree, as on a merged /usr', async () => {
    const directory = await extract([
      { name: 'usr/lib', type: 'directory' },
      { name: 'lib', type: 'symlink', linkname: '/usr/lib' },
      { name: 'lib/a', content: 'a' },
    ]);
    expect(await readFile(join(directory, 'usr/lib/a'), 'utf8')).toBe('a');
    expect(await readlink(join(directory, 'lib'))).toBe('/usr/lib');
  });
});

describe('a package that wants out of its tree', () => {
  it.each<[string, Member]>([
    ['a name', { name: '../escaped', content: 'x' }],
    ['a name in the middle', { name: 'usr/../../escaped', content: 'x' }],
    ['a hard link', { name: 'passwd', type: 'link', linkname: '../../etc/passwd' }],
  ])('by %s is refused', async (_how, member) => {
    const directory = join(await temporaryDirectory(), 'tree');
    expect(await failure(extractDeb(await craftDeb([member]), directory))).toMatchObject({
      code: 'VAPP_ARCHIVE_UNSAFE_PATH',
      why: expect.stringContaining('..'),
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('by an absolute name stays in', async () => {
    const directory = await extract([{ name: '/etc/passwd', content: 'inside' }]);
    expect(await readFile(join(directory, 'etc/passwd'), 'utf8')).toBe('inside');
  });

  it.each(['/outside', '../../../../../../outside', '..'])('by the link %s stays in', async (linkname) => {
    const base = await temporaryDirectory();
    const directory = join(base, 'tree');
    const deb = await craftDeb([
      { name: 'way', type: 'symlink', linkname },
      { name: 'way/escaped', content: 'x' },
    ]);
    await extractDeb(deb, directory);
    expect(await readdir(base)).toEqual(['tree']);
    expect(execFileSync('find', [directory, '-name', 'escaped']).toString()).toContain(directory);
  });

  it('by a file over its own link replaces the link', async () => {
    const base = await temporaryDirectory();
    await writeFile(join(base, 'victim'), 'untouched');
    await mkdir(join(base, 'tree'));
    await symlink(join(base, 'victim'), join(base, 'tree/file'));
    await extractDeb(await craftDeb([{ name: 'file', content: 'x' }]), join(base, 'tree'));
    expect(await readFile(join(base, 'victim'), 'utf8')).toBe('untouched');
    expect((await lstat(join(base, 'tree/file'))).isFile()).toBe(true);
  });

  it('by a circle of links ends', async () => {
    const members: Member[] = [
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: 'a' },
      { name: 'a/x', content: 'x' },
    ];
    expect((await failure(extract(members))).message).toContain('not a usable Debian package');
  });

  it('by a hard link to what was left out is refused', async () => {
    expect(await failure(extract([{ name: 'x', type: 'link', linkname: 'absent' }]))).toMatchObject({
      code: 'VAPP_ARCHIVE_BAD_DEB',
    });
  });
});
