import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFilesystemTools, makeStandIn } from '../../src/installer/made.js';
import { directory, type FileTree, file, link } from '../../src/installer/tree.js';
import { writeUdeb } from '../../src/installer/write-udeb.js';

const package_: FileTree = new Map(
  [
    directory('usr'),
    file('usr/sbin/mke2fs', 'program', 0o755),
    file('usr/sbin/e2fsck', 'program', 0o755),
    file('usr/share/doc/e2fsprogs/copyright', 'text'),
    file('etc/mke2fs.conf', 'conf'),
    file('usr/lib/x86_64-linux-gnu/libext2fs.so.2.4', 'library'),
    link('usr/lib/x86_64-linux-gnu/libext2fs.so.2', 'libext2fs.so.2.4'),
  ].map((entry) => [entry.path, entry]),
);

it('writes what dpkg-deb reads, the same bytes every time', async () => {
  const directory_ = await mkdtemp(join(tmpdir(), 'vapp-udeb-'));
  onTestFinished(() => rm(directory_, { recursive: true }));
  const tools = makeFilesystemTools('1.47.2-3', [package_]);
  const path = join(directory_, 'tools.udeb');
  await writeFile(path, await writeUdeb(tools));
  expect(await writeUdeb(tools)).toEqual(await writeUdeb(makeFilesystemTools('1.47.2-3', [package_])));

  const dpkg = (...args: string[]): string => execFileSync('dpkg-deb', args).toString();
  expect(dpkg('--field', path, 'Package', 'Version')).toBe('Package: e2fsprogs-udeb\nVersion: 1.47.2-3\n');
  const names = dpkg('--contents', path)
    .trim()
    .split('\n')
    .map((line) => line.replace(/^.*\d\d:\d\d \.\//, ''));
  expect(names).toContain('usr/sbin/mkfs.ext4 -> mke2fs');
  expect(names).toContain('usr/lib/x86_64-linux-gnu/libext2fs.so.2 -> libext2fs.so.2.4');
  expect(names.join()).not.toContain('doc');
  expect(dpkg('--contents', path)).not.toMatch(/^\S+ (?!0\/0 )/m);
});

it('gives the stand-in the running kernel, without which anna asks', async () => {
  const { control } = makeStandIn('6.12.117+deb13-amd64');
  expect(control.get('Kernel-Version')).toBe('6.12.117+deb13-amd64');
  expect(control.get('Provides')).toContain('ext4-modules');
});
