import { describe, expect, it } from 'vitest';
import type { DebEntry } from '../../src/archive/types.js';
import { closeOverLibraries, fileAt, readTree, type Tree } from '../../src/bootloader/tree.js';
import { lddFiles, libraryFolder, treeOf } from './binaries.js';

const entry = (name: string, more: Partial<DebEntry> = {}): DebEntry => ({
  name,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: new Date(0),
  ...more,
});

describe('readTree', () => {
  it('takes wanted files and links, by their merged paths', async () => {
    const packages: Record<string, DebEntry[]> = {
      one: [
        entry('lib/x.so.1.2', { data: Buffer.from('x') }),
        entry('lib/x.so.1', { type: 'symlink', linkname: 'x.so.1.2' }),
        entry('usr/share/doc/x', { data: Buffer.from('doc') }),
      ],
      two: [
        entry('sbin/tool', { mode: 0o755, data: Buffer.from('t') }),
        entry('usr/sbin/other', { type: 'hardlink', linkname: 'sbin/tool' }),
      ],
    };
    const read = async function* (path: string) {
      yield* packages[path]!;
    };
    const tree = await readTree(['one', 'two'], (path) => !path.includes('doc'), read);
    expect([...tree.keys()]).toEqual([
      'usr/lib/x.so.1.2',
      'usr/lib/x.so.1',
      'usr/sbin/tool',
      'usr/sbin/other',
    ]);
    expect(fileAt(tree, 'lib/x.so.1')).toEqual({ mode: 0o644, data: Buffer.from('x') });
    expect(fileAt(tree, 'usr/sbin/other')?.data.toString()).toBe('t');
  });
});

describe('fileAt', () => {
  it('follows links within the tree, and not in circles', () => {
    const tree: Tree = new Map<string, { mode: number; data: Buffer } | { link: string }>([
      ['usr/lib/x/real', { mode: 0o644, data: Buffer.from('r') }],
      ['usr/lib64/a', { link: '/lib/x/real' }],
      ['usr/lib64/b', { link: '../lib/x/real' }],
      ['usr/lib64/circle', { link: 'circle' }],
    ]);
    expect(fileAt(tree, 'lib64/a')?.data.toString()).toBe('r');
    expect(fileAt(tree, 'usr/lib64/b')?.data.toString()).toBe('r');
    expect(fileAt(tree, 'usr/lib64/circle')).toBeUndefined();
    expect(fileAt(tree, 'gone')).toBeUndefined();
  });
});

describe('closeOverLibraries', () => {
  it('takes what ldd names, no more and no less', async () => {
    const tree = await treeOf('/bin/ls');
    tree.set(`${libraryFolder}/libunused.so.1`, { mode: 0o644, data: Buffer.from('no ELF file') });
    const closed = closeOverLibraries(tree, ['usr/bin/program'], libraryFolder);
    const names = [...closed.keys()].map((path) => path.split('/').at(-1)!);
    const expected = [...(await lddFiles('/bin/ls')).keys()];
    expect([...new Set(names)].sort()).toEqual(['program', ...expected].sort());
    expect(closed.has('usr/lib64/ld-linux-x86-64.so.2')).toBe(true);
  });

  it('names what no package has, and who needs it', async () => {
    const tree = await treeOf('/bin/ls');
    tree.delete(`${libraryFolder}/libc.so.6`);
    expect(() => closeOverLibraries(tree, ['usr/bin/program'], libraryFolder)).toThrow(
      expect.objectContaining({
        code: 'VAPP_BOOTLOADER_MISSING',
        message: `No package has /${libraryFolder}/libc.so.6`,
        why: expect.stringMatching(/^It is needed by usr\//),
      }),
    );
    expect(() => closeOverLibraries(tree, ['usr/bin/gone'], libraryFolder)).toThrow(
      'No package has /usr/bin/gone',
    );
  });
});
