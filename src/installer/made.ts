import type { Pin } from './pins.js';
import { type FileTree, link, put } from './tree.js';

/** A component that is made here, since the archive does not always have it. */
export interface MadeComponent {
  /** Fields of its control file, in order. */
  control: ReadonlyMap<string, string>;
  files: FileTree;
}

/** Packages that `makeFilesystemTools` takes its files from. */
export const filesystemPackages: readonly string[] = ['e2fsprogs', 'libext2fs2t64', 'libcom-err2', 'libss2'];

const programs = ['mke2fs', 'e2fsck', 'tune2fs', 'resize2fs'];
const library = /^usr\/lib\/[^/]+\/lib[^/]+\.so\.[0-9.]+$/;

/** e2fsprogs-udeb out of the release's packages: the same sources, built the same way but for documentation. */
export const makeFilesystemTools = (version: string, packages: readonly FileTree[]): MadeComponent => {
  const files: FileTree = new Map();
  for (const entry of packages.flatMap((tree) => [...tree.values()])) {
    const path = entry.path.replace(/^(sbin|lib)\//, 'usr/$1/');
    const isProgram = programs.some((program) => path === `usr/sbin/${program}`);
    if (isProgram || library.test(path) || path === 'etc/mke2fs.conf') put(files, { ...entry, path });
  }
  for (const generation of ['2', '3', '4']) {
    put(files, link(`usr/sbin/mkfs.ext${generation}`, 'mke2fs'));
    put(files, link(`usr/sbin/fsck.ext${generation}`, 'e2fsck'));
  }
  return { control: control('e2fsprogs-udeb', version, 'ext2/ext3/ext4 file system utilities'), files };
};

/** Components that others depend on and that this installation does not use, and modules that the initrd holds. */
const provided = [
  ...['ntfs-3g-udeb', 'os-prober-udeb', 'grub-mount-udeb', 'rdate-udeb'],
  ...['ext4-modules', 'loop-modules', 'scsi-modules', 'ata-modules', 'md-modules', 'fat-modules'],
];

/**
 * Stands in for what is left out. Its Kernel-Version must be in the index: without one stanza of that field anna takes
 * the archive's modules for those of another kernel, and asks.
 */
export const makeStandIn = (kernelVersion: string): MadeComponent => {
  const fields = control('vapp-standin', '1', 'provides what the kit has in another form');
  fields.set('Provides', provided.join(', '));
  fields.set('Kernel-Version', kernelVersion);
  return { control: fields, files: new Map() };
};

const control = (name: string, version: string, description: string): Map<string, string> =>
  new Map([
    ['Package', name],
    ['Version', version],
    ['Architecture', 'amd64'],
    ['Maintainer', 'vapp <vapp@localhost>'],
    ['Section', 'debian-installer'],
    ['Priority', 'standard'],
    ['Description', description],
  ]);

/** A component's stanza in the index that anna reads; `Filename` is relative to the directory of the index. */
export const indexStanza = (
  fields: ReadonlyMap<string, string>,
  pin: Pick<Pin, 'size' | 'sha256'>,
  filename: string,
): string => {
  const lines = [...fields].map(([name, value]) => `${name}: ${value.split('\n')[0]}`);
  return [...lines, `Filename: ${filename}`, `Size: ${pin.size}`, `SHA256: ${pin.sha256}`, ''].join('\n');
};

/** The file name of a component of these fields. */
export const componentFile = (fields: ReadonlyMap<string, string>): string =>
  `${fields.get('Package')}_${fields.get('Version')!.replace(/^\d+:/, '')}_${fields.get('Architecture')}.udeb`;
