import { chmod, lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Files, inDirectory, writeTree } from '../../verify/disk-image.js';
import { programPaths } from './system.js';

export type Make = (tree: string, image: string, uuid: string) => Promise<void>;

/** MiB. */
export const sizes = { ext2: 64, ext4: 96, xfs: 320, btrfs: 256 } as const;
export type FileSystem = keyof typeof sizes;

const makers: Readonly<Record<FileSystem, Make>> = {
  ext2: async (tree, image, uuid) => {
    await execa('mke2fs', ['-q', '-t', 'ext2', '-U', uuid, '-d', tree, image]);
  },
  ext4: async (tree, image, uuid) => {
    await execa('mke2fs', ['-q', '-t', 'ext4', '-U', uuid, '-d', tree, image]);
  },
  xfs: async (tree, image, uuid) => {
    const list = `${image}.protofile`;
    await writeFile(list, await protofile(tree));
    await execa('mkfs.xfs', ['-q', '-m', `uuid=${uuid}`, '-p', list, image]);
  },
  btrfs: async (tree, image, uuid) => {
    await execa('mkfs.btrfs', ['-q', '-U', uuid, '--rootdir', tree, image]);
  },
};

/** A file system with these files, made without a mount and without root. */
export const fileSystem = (type: FileSystem, files: Files, uuid: string): Promise<Buffer> =>
  inDirectory(async (folder) => {
    const tree = join(folder, 'tree');
    const image = join(folder, 'image');
    await mkdir(tree);
    await writeTree(tree, files);
    for (const path of programPaths) if (`/${path}` in files) await chmod(join(tree, path), 0o755);
    await execa('truncate', ['-s', `${sizes[type]}M`, image]);
    await makers[type](tree, image, uuid);
    return await readFile(image);
  });

/** mkfs.xfs(8), -p: the tree as lines of name, type and mode, owner, group and source; `$` ends a directory. */
async function protofile(tree: string): Promise<string> {
  const lines = async (folder: string): Promise<string[]> => {
    const result: string[] = [];
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name);
      const stats = await lstat(path);
      const mode = (stats.mode & 0o777).toString(8).padStart(3, '0');
      if (stats.isDirectory()) result.push(`${name} d--${mode} 0 0`, ...(await lines(path)), '$');
      else if (stats.isSymbolicLink()) result.push(`${name} l--777 0 0 ${await readlink(path)}`);
      else result.push(`${name} ---${mode} 0 0 ${path}`);
    }
    return result;
  };
  return ['/', '0 0', 'd--755 0 0', ...(await lines(tree)), '$', ''].join('\n');
}
