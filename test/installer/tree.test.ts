import { describe, expect, it } from 'vitest';
import type { CpioEntry } from '../../src/installer/cpio.js';
import {
  directory,
  type FileTree,
  file,
  link,
  merge,
  resolveIn,
  sortedEntries,
} from '../../src/installer/tree.js';

const treeOf = (...entries: CpioEntry[]): FileTree => new Map(entries.map((entry) => [entry.path, entry]));

const base = treeOf(
  link('bin', 'usr/bin'),
  link('lib', 'usr/lib'),
  link('usr/lib/alias', '../share/real'),
  link('absolute', '/usr/share'),
  directory('usr'),
  directory('tmp', 0o1777),
  link('usr/sbin/depmod', '../bin/kmod'),
);

describe('resolveIn', () => {
  it.each([
    ['bin/sh', 'usr/bin/sh'],
    ['lib/alias/x', 'usr/share/real/x'],
    ['absolute/doc', 'usr/share/doc'],
    ['usr/sbin/depmod', 'usr/sbin/depmod'],
    ['lib', 'lib'],
    ['etc/passwd', 'etc/passwd'],
  ])('leads %s to %s', (path, target) => {
    expect(resolveIn(base, path)).toBe(target);
  });
});

describe('merge', () => {
  it('puts files behind links to directories, and leaves the links alone', () => {
    const tree: FileTree = new Map();
    merge(tree, base, [directory('bin'), directory('lib'), directory('lib/partman'), file('bin/sh', 'x')]);
    expect([...tree.keys()]).toEqual(['usr/lib/partman', 'usr/bin/sh']);
  });

  it('replaces a link by a file', () => {
    const tree: FileTree = new Map();
    merge(tree, base, [file('usr/sbin/depmod', 'x', 0o755)]);
    expect(tree.get('usr/sbin/depmod')?.mode).toBe(0o100755);
  });
});

describe('sortedEntries', () => {
  it('names every directory before what lies in it, with its mode in the base', () => {
    const tree = treeOf(file('usr/a/b', ''), file('tmp/x', ''), directory('etc', 0o700), file('etc/z', ''));
    const listed = sortedEntries(tree, base).map(({ path, mode }) => [path, mode & 0o7777]);
    expect(listed).toEqual([
      ['etc', 0o700],
      ['etc/z', 0o644],
      ['tmp', 0o1777],
      ['tmp/x', 0o644],
      ['usr', 0o755],
      ['usr/a', 0o755],
      ['usr/a/b', 0o644],
    ]);
  });
});
