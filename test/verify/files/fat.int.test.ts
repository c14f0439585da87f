import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { Damaged } from '../../../src/verify/damaged.js';
import { type Disk, openDisk } from '../../../src/verify/disk.js';
import { openFat } from '../../../src/verify/files/fat.js';
import { readFile as readFrom } from '../../../src/verify/files/tree.js';
import { inDirectory, sourceOf } from '../disk-image.js';
import { randomBuffer } from '../random.js';

const kinds: [string, string[], number][] = [
  ['FAT12', ['-F', '12'], 4],
  ['FAT12 with clusters of 512 bytes', ['-F', '12', '-s', '1'], 2],
  ['FAT16', ['-F', '16'], 32],
  ['FAT32', ['-F', '32', '-s', '1'], 40],
  ['FAT32 with sectors of 4 KiB', ['-F', '32', '-S', '4096', '-s', '1'], 300],
];
const long = 'A rather long name, with blanks – and ünicode.Efi';

async function openImage(path: string): Promise<Disk> {
  const bytes = await readFile(path);
  return await openDisk(sourceOf(bytes), bytes.length);
}

describe('openFat', () => {
  it.each(kinds)('reads what mtools write into a %s', async (_, options, size) => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      const source = join(folder, 'source');
      const content = randomBuffer(4, 100_000);
      await writeFile(source, content);
      await execa('truncate', ['-s', `${size}M`, image]);
      await execa('mkfs.fat', [...options, '-n', 'ESP', image]);
      const mtools = (command: string, ...args: string[]) =>
        execa(command, ['-i', image, ...args], { env: { MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' } });
      await mtools('mmd', '::EFI', '::EFI/BOOT');
      // The second file goes around what the first has left free.
      for (const name of ['first', 'keep']) await mtools('mcopy', source, `::${name}`);
      await mtools('mdel', '::first');
      await writeFile(source, Buffer.concat([content, content]));
      for (const name of ['EFI/BOOT/BOOTX64.EFI', `EFI/${long}`, 'EFI/lower.cfg'])
        await mtools('mcopy', source, `::${name}`);
      const tree = await openFat(await openImage(image));
      expect((await readFrom(tree, '/keep'))?.equals(content)).toBe(true);
      for (const path of ['/efi/boot/bootx64.efi', `/EFI/${long}`, '/EFI/LOWER.CFG'])
        expect((await readFrom(tree, path))?.equals(Buffer.concat([content, content]))).toBe(true);
      expect((await (await tree.find('/EFI'))!.list()).sort()).toEqual([long, 'BOOT', 'lower.cfg']);
      expect(await tree.find('/first')).toBeUndefined();
      expect(await tree.find('/keep/below')).toBeUndefined();
      const node = await tree.find('/keep');
      expect(await node!.read(50_001, 1000)).toEqual(content.subarray(50_001, 51_001));
      expect(await node!.read(200_000, 5)).toHaveLength(0);
    });
  });

  // mtools would take it for a FAT16, and writes none.
  it('takes one with few clusters for the FAT32 that it is', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('truncate', ['-s', '40M', image]);
      await execa('mkfs.fat', ['-F', '32', '-s', '1', image]);
      await execa('mmd', ['-i', image, '::EFI']);
      const bytes = await readFile(image);
      // All sectors of the file system: less than 65,525 clusters of one sector.
      bytes.writeUInt32LE(50_000, 32);
      const tree = await openFat(await openDisk(sourceOf(bytes), bytes.length));
      expect(await tree.find('/EFI')).toMatchObject({ kind: 'directory' });
    });
  });

  it('lists a directory of many clusters', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('truncate', ['-s', '8M', image]);
      await execa('mkfs.fat', ['-F', '16', '-s', '1', image]);
      const names = Array.from({ length: 300 }, (_, n) => `a file with the number ${n}`);
      for (const name of names) await writeFile(join(folder, name), '');
      await execa('mmd', ['-i', image, '::d']);
      await execa('mcopy', ['-i', image, ...names.map((name) => join(folder, name)), '::d']);
      const tree = await openFat(await openImage(image));
      expect((await (await tree.find('/d'))!.list()).sort()).toEqual(names.sort());
    });
  });

  it('ends where a chain goes in a circle', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await execa('truncate', ['-s', '40M', image]);
      await execa('mkfs.fat', ['-F', '32', '-s', '1', image]);
      await execa('mmd', ['-i', image, '::d']);
      const bytes = await readFile(image);
      const table = bytes.readUInt16LE(14) * 512;
      // Cluster 2 is the root, 3 the directory: both lead to themselves.
      bytes.writeUInt32LE(2, table + 8);
      bytes.writeUInt32LE(3, table + 12);
      const tree = await openFat(await openDisk(sourceOf(bytes), bytes.length));
      expect(await tree.find('/d/e/f')).toBeUndefined();
    });
  });

  it('refuses what is no FAT', async () => {
    const disk = await openDisk(sourceOf(Buffer.alloc(4096)), 4096);
    await expect(openFat(disk)).rejects.toBeInstanceOf(Damaged);
  });
});
