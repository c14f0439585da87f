import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { store } from '../../src/archive/cache.js';
import { indexPackages } from '../../src/archive/package-index.js';
import type { Suite } from '../../src/archive/types.js';
import { compressXz, lddFiles, libraryFolder, makeModule } from './binaries.js';

export const kernelVersion = '6.1-test';

type Files = Record<string, Buffer | string>;

/** Builds a package with dpkg-deb, puts it into the cache, and returns its stanza. */
async function publish(folder: string, name: string, depends: string, files: Files): Promise<string> {
  const root = join(folder, name);
  const control = `Package: ${name}\nVersion: 1\nArchitecture: amd64\n`;
  const all = { 'DEBIAN/control': `${control}Maintainer: M <m@mail.example>\nDescription: x\n`, ...files };
  for (const [path, data] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), data, { mode: path.includes('bin/') ? 0o755 : 0o644 });
  }
  await execa('dpkg-deb', ['-Znone', '--root-owner-group', '--build', root, `${root}.deb`], {
    env: { SOURCE_DATE_EPOCH: '0' },
  });
  const deb = await readFile(`${root}.deb`);
  const sha256 = await store(join(folder, 'cache'), deb);
  return `${control}Depends: ${depends}\nFilename: pool/${name}.deb\nSize: ${deb.length}\nSHA256: ${sha256}\n\n`;
}

const kernelFiles = async (): Promise<Files> => {
  const folder = `usr/lib/modules/${kernelVersion}`;
  return {
    [`${folder}/modules.builtin`]: 'kernel/virtio_pci.ko\nkernel/crc32c_generic.ko\nkernel/crc32c-intel.ko\n',
    [`${folder}/kernel/virtio_blk.ko`]: await makeModule('depends='),
    [`${folder}/kernel/virtio_scsi.ko`]: await makeModule('depends='),
    [`${folder}/kernel/xen-blkfront.ko`]: await makeModule('depends='),
    [`${folder}/kernel/sd_mod.ko`]: await makeModule('depends='),
    [`${folder}/kernel/dm-mod.ko`]: await makeModule('depends='),
    [`${folder}/kernel/jbd2.ko.xz`]: await compressXz(await makeModule('depends=')),
    [`${folder}/kernel/ext4.ko.xz`]: await compressXz(await makeModule('depends=jbd2')),
  };
};

/** A suite with the packages of the finisher, in a cache that has their files; `leaveOut` names some that it has not. */
export async function tinySuite(folder: string, leaveOut: readonly string[] = []): Promise<Suite> {
  const program = await readFile('/bin/true');
  const libraries: Files = { 'usr/lib64/ld-linux-x86-64.so.2': '' };
  for (const [name, file] of await lddFiles('/bin/true'))
    libraries[`${libraryFolder}/${name}`] = await readFile(file);
  libraries['usr/lib64/ld-linux-x86-64.so.2'] = libraries[`${libraryFolder}/ld-linux-x86-64.so.2`]!;
  const packages: [string, string, Files][] = [
    ['libc6', 'libgcc-s1', libraries],
    ['libgcc-s1', 'libc6 (>= 1)', {}],
    ['busybox-static', '', { 'usr/bin/busybox': program }],
    ['dmsetup', 'libc6, tool | other', { 'sbin/dmsetup': program }],
    [
      'util-linux',
      'libc6',
      { 'usr/bin/partx': program, 'sbin/blkid': program, 'usr/bin/not-wanted': program },
    ],
    ['e2fsprogs', 'libc6', { 'sbin/e2fsck': program }],
    ['grub-common', 'libc6', { 'usr/share/grub/unicode.pf2': 'font' }],
    ['grub2-common', 'libc6', { 'usr/sbin/grub-install': program }],
    ['grub-pc-bin', 'grub-common', { 'usr/lib/grub/i386-pc/boot.img': 'boot' }],
    [`linux-image-${kernelVersion}`, '', await kernelFiles()],
  ];
  const stanzas: string[] = [];
  for (const [name, depends, files] of packages) {
    if (!leaveOut.includes(name)) stanzas.push(await publish(folder, name, depends, files));
  }
  const index = await indexPackages([{ label: 'Packages', bytes: Buffer.from(stanzas.join('')) }]);
  const mirror = 'http://mirror.example/debian';
  const release = {} as Suite['release'];
  const inRelease = Buffer.alloc(0);
  return {
    mirror,
    suite: 'trixie',
    arch: 'amd64',
    components: ['main'],
    release,
    inRelease,
    packages: index,
  };
}
