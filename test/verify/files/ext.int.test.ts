import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { Damaged } from '../../../src/verify/damaged.js';
import { openDisk } from '../../../src/verify/disk.js';
import { needsRecovery, openExt } from '../../../src/verify/files/ext.js';
import { type FileTree, readFile as readFrom } from '../../../src/verify/files/tree.js';
import { inDirectory, sourceOf, writeTree } from '../disk-image.js';
import { randomBuffer } from '../random.js';

const many = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`/many/file-number-${n}`, `${n}`]));
const files = {
  '/etc/os-release': '->../usr/lib/os-release',
  '/usr/lib/os-release': 'NAME=Debian\n',
  '/empty': '',
  '/large': randomBuffer(3, 700_000),
  '/short-link': '->/usr/./lib//os-release',
  [`/${'d'.repeat(200)}/x`]: 'deep',
  '/long-link': `->${'d'.repeat(200)}/x`,
  '/up': '->../../../usr/lib/../lib',
  '/usr/beside': '->lib/os-release',
  '/circle': '->circle',
  '/nowhere': '->gone',
  ...many,
};

/** Blocks of data with holes between them, then one far away. */
async function writeHoles(path: string, far: number): Promise<void> {
  const file = await open(path, 'w');
  for (let block = 0; block < 500; block += 1)
    await file.write(Buffer.alloc(1024, block), 0, 1024, block * 2048);
  await file.write('the end', far);
  await file.close();
}

const kinds: [string, string[]][] = [
  ['ext4', ['-t', 'ext4']],
  ['ext4 with blocks of 1 KiB', ['-t', 'ext4', '-b', '1024']],
  [
    'ext4 without 64 bits, checksums and flexible groups',
    ['-t', 'ext4', '-O', '^64bit,^metadata_csum,^flex_bg'],
  ],
  ['ext4 with inodes of 128 bytes', ['-t', 'ext4', '-I', '128']],
  ['ext3', ['-t', 'ext3']],
  ['ext2 with blocks of 1 KiB', ['-t', 'ext2', '-b', '1024']],
  ['ext2 with blocks of 4 KiB', ['-t', 'ext2', '-b', '4096']],
];

async function openImage(image: string): Promise<FileTree> {
  const bytes = await readFile(image);
  return await openExt(await openDisk(sourceOf(bytes), bytes.length, { format: 'raw' }));
}

describe('openExt', () => {
  it.each(kinds)('reads what mke2fs writes as %s', async (_, options) => {
    await inDirectory(async (folder) => {
      const tree = join(folder, 'tree');
      await mkdir(tree);
      await writeTree(tree, files);
      const far = 80 * 2 ** 20;
      await writeHoles(join(tree, 'holes'), far);
      const image = join(folder, 'image');
      await execa('mke2fs', ['-q', ...options, '-d', tree, image, '24M']);
      const found = await openImage(image);
      for (const path of ['/large', '/empty', '/usr/lib/os-release', '/many/file-number-777'])
        expect((await readFrom(found, path))?.equals(await readFile(join(tree, path)))).toBe(true);
      for (const path of ['/etc/os-release', '/short-link', '/up/os-release', '/usr/beside'])
        expect(String(await readFrom(found, path))).toBe('NAME=Debian\n');
      expect(String(await readFrom(found, '/long-link'))).toBe('deep');
      expect(await found.find('/nowhere')).toBeUndefined();
      expect(await found.find('/empty/below')).toBeUndefined();
      expect(await found.find('/Empty')).toBeUndefined();
      await expect(found.find('/circle')).rejects.toBeInstanceOf(Damaged);
      const directory = await found.find('/many');
      expect((await directory!.list()).sort()).toEqual(
        Object.keys(many)
          .map((path) => path.slice(6))
          .sort(),
      );
      const holes = await found.find('/holes');
      const whole = await readFile(join(tree, 'holes'));
      expect((await holes!.read(0, 2 ** 20)).equals(whole.subarray(0, 2 ** 20))).toBe(true);
      expect(String(await holes!.read(far, 100))).toBe('the end');
      expect((await holes!.read(far - 9, 9)).every((byte) => byte === 0)).toBe(true);
    });
  });

  it('refuses an inode that holds its data itself, and reads the others', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await mkdir(join(folder, 'tree'));
      await writeTree(join(folder, 'tree'), { '/small': 'x', '/large': Buffer.alloc(9000, 'y') });
      await execa('mke2fs', [
        '-q',
        '-t',
        'ext4',
        '-O',
        'inline_data',
        '-d',
        join(folder, 'tree'),
        image,
        '8M',
      ]);
      const found = await openImage(image);
      await expect(found.find('/small')).rejects.toThrow('holds its data itself');
    });
  });

  it('refuses features that change where things are', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('mke2fs', ['-q', '-t', 'ext4', '-O', 'meta_bg,^resize_inode', image, '8M']);
      await expect(openImage(image)).rejects.toThrow('features that are not known (10)');
    });
  });

  it('says when a journal has something to replay', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('mke2fs', ['-q', '-t', 'ext4', image, '8M']);
      const dirty = async (): Promise<boolean> => {
        const bytes = await readFile(image);
        return await needsRecovery(await openDisk(sourceOf(bytes), bytes.length));
      };
      expect(await dirty()).toBe(false);
      await execa('debugfs', ['-w', '-R', 'feature needs_recovery', image]);
      expect(await dirty()).toBe(true);
    });
  });

  it('reads a file of which debugfs has freed and written blocks', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      const source = join(folder, 'new');
      await writeFile(source, randomBuffer(5, 300_000));
      await execa('mke2fs', ['-q', '-t', 'ext4', '-b', '1024', image, '8M']);
      const commands = [`write ${source} a`, `write ${source} b`, 'rm a', 'mkdir d', `write ${source} d/c`];
      for (const command of commands) await execa('debugfs', ['-w', '-R', command, image]);
      const found = await openImage(image);
      expect((await readFrom(found, '/b'))?.equals(await readFile(source))).toBe(true);
      expect(await found.find('/a')).toBeUndefined();
    });
  });

  it('reads blocks that were never written as zeros, whatever stands there', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      const source = join(folder, 'new');
      await writeFile(source, Buffer.alloc(6 * 2 ** 20, 'old content '));
      await execa('mke2fs', ['-q', '-t', 'ext4', '-b', '1024', '-O', '^has_journal', image, '8M']);
      const commands = [
        `write ${source} a`,
        'rm a',
        'write /dev/null b',
        'fallocate b 0 3000',
        'set_inode_field b size 3072000',
      ];
      for (const command of commands) await execa('debugfs', ['-w', '-R', command, image]);
      const found = await openImage(image);
      const bytes = await readFrom(found, '/b', 2 ** 22);
      expect(bytes).toHaveLength(3_072_000);
      expect(bytes!.every((byte) => byte === 0)).toBe(true);
    });
  });
});
