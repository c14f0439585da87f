import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { installGrub } from './core-image.js';
import { type Files, inDirectory, mebibyte, writeTree } from './disk-image.js';

const modules = '/usr/lib/grub/i386-pc';

export interface GrubOptions {
  /** The core's first sector. */
  sector?: number;
  prefix?: string;
  config?: string;
  modules?: string[];
}

/** Puts the real GRUB on a disk: boot.img, and a core.img of grub-mkimage, as grub-bios-setup would place them. */
export const installRealGrub = (disk: Buffer, o: GrubOptions = {}): Promise<void> =>
  inDirectory(async (folder) => {
    const core = await mkimage(folder, 'i386-pc', {
      prefix: '(,msdos1)/boot/grub',
      modules: ['biosdisk', 'part_msdos', 'part_gpt', 'ext2'],
      ...o,
    });
    const boot = await readFile(join(modules, 'boot.img'));
    // The check of the drive's number, which grub-bios-setup takes out for hard disks.
    boot.writeUInt16LE(0x9090, 0x66);
    installGrub(disk, o.sector ?? 1, core, boot);
  });

/** A GRUB for UEFI. */
export const efiGrub = (o: GrubOptions = {}): Promise<Buffer> =>
  inDirectory((folder) =>
    mkimage(folder, 'x86_64-efi', {
      prefix: '(,gpt2)/boot/grub',
      modules: ['part_gpt', 'fat', 'ext2'],
      ...o,
    }),
  );

async function mkimage(folder: string, format: string, { prefix, config, modules: names = [] }: GrubOptions) {
  const image = join(folder, 'image');
  const script = join(folder, 'script');
  if (config !== undefined) await writeFile(script, config);
  const early = config === undefined ? [] : ['-c', script];
  await execa('grub-mkimage', ['-O', format, '-p', prefix ?? '', ...early, '-o', image, ...names]);
  return await readFile(image);
}

/** A FAT with these files, written by mtools. */
export const fatImage = (files: Files, size = 8, options: readonly string[] = []): Promise<Buffer> =>
  inDirectory(async (folder) => {
    const image = join(folder, 'image');
    const tree = join(folder, 'tree');
    await writeTree(tree, files);
    await writeFile(image, Buffer.alloc(size * mebibyte));
    await execa('mkfs.fat', [...options, '-n', 'ESP', '-i', '0badcafe', image]);
    await execa('mcopy', ['-s', '-i', image, join(tree, 'EFI'), '::']);
    return await readFile(image);
  });

/** An empty file system of a kind that only its own tool makes. */
export const madeBy = (size: number, command: string, ...args: string[]): Promise<Buffer> =>
  inDirectory(async (folder) => {
    const image = join(folder, 'image');
    await execa('truncate', ['-s', `${size}M`, image]);
    await execa(command, [...args, image]);
    return await readFile(image);
  });
