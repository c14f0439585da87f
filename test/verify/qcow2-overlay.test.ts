import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDisk } from '../../src/verify/index.js';
import { patchKernelArguments } from '../../src/verify/kernel-arguments.js';
import { overlayImage } from '../../src/verify/qcow2-overlay.js';
import { bootableDos, grubConfig, rootFiles, sourceOf } from './disk-image.js';

let folder: string;
let raw: Buffer;
let base: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vapp-overlay-'));
  raw = await bootableDos();
  base = join(folder, 'base.qcow2');
  const file = join(folder, 'raw');
  await writeFile(file, raw);
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', file, base]);
});
afterAll(() => rm(folder, { recursive: true }));

/** What a guest would see of an overlay with these patches; QEMU has checked the image. */
async function seen(patches: { offset: number; bytes: Buffer }[]): Promise<Buffer> {
  const disk = await openDisk(sourceOf(raw), raw.length);
  const image = join(folder, 'overlay.qcow2');
  await writeFile(image, await overlayImage({ size: raw.length, backing: base, disk, patches }));
  await execa('qemu-img', ['check', '-q', '-f', 'qcow2', image]);
  const { stdout } = await execa('qemu-img', ['info', '--output=json', '-f', 'qcow2', image]);
  expect(JSON.parse(stdout)).toMatchObject({
    'virtual-size': raw.length,
    'backing-filename': base,
    'backing-filename-format': 'qcow2',
  });
  const flat = join(folder, 'flat');
  await execa('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, flat]);
  return await readFile(flat);
}

describe('overlayImage', () => {
  it('is its backing file where nothing is patched', async () => {
    expect((await seen([])).equals(raw)).toBe(true);
  });

  it.each([
    ['within a cluster', 70_000, 10],
    ['over the border of two', 65_530, 20],
    ['over three', 65_530, 140_000],
    ['at the end', 10 * 2 ** 20 - 5, 5],
  ])('has other bytes %s', async (_, offset, length) => {
    const bytes = Buffer.alloc(length, 0xa5);
    const expected = Buffer.from(raw);
    bytes.copy(expected, offset);
    expect((await seen([{ offset, bytes }])).equals(expected)).toBe(true);
  });
});

describe('patchKernelArguments', () => {
  it('changes the menu in the file system and nothing else of it', async () => {
    const disk = await openDisk(sourceOf(raw), raw.length);
    const patched = await seen((await patchKernelArguments(disk, ['x=1']))!);
    const root = join(folder, 'root');
    await writeFile(root, patched.subarray(2 ** 20, 9 * 2 ** 20));
    await execa('e2fsck', ['-f', '-n', root]);
    const { stdout } = await execa('debugfs', ['-R', 'cat /boot/grub/grub.cfg', root], {
      stripFinalNewline: false,
    });
    expect(stdout).toContain(' ro quiet x=1\n');
    expect(stdout).toHaveLength(grubConfig().length);
  });

  it('finds no menu on a disk without one', async () => {
    const files = rootFiles();
    delete files['/boot/grub/grub.cfg'];
    const bare = await bootableDos(files);
    const disk = await openDisk(sourceOf(bare), bare.length);
    expect(await patchKernelArguments(disk, ['x=1'])).toBeUndefined();
  });
});
