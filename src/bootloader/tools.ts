/** What goes into the finisher's initrd, by package and path. Paths are as after Debian's move to /usr. */
export interface ToolSet {
  /** Packages; their libraries follow from these. */
  packages: readonly string[];
  /** Programs, taken with the libraries that they need. */
  programs: readonly string[];
  /** Folders, taken with all of their files, and single files. */
  data: readonly string[];
}

const common: ToolSet = {
  packages: ['busybox-static', 'dmsetup', 'util-linux', 'e2fsprogs'],
  programs: ['usr/bin/busybox', 'usr/sbin/dmsetup', 'usr/bin/partx', 'usr/sbin/blkid', 'usr/sbin/e2fsck'],
  data: [],
};

/** Another firmware is one more row here and a step `grub_<firmware>` in finish.sh. */
const perFirmware: Readonly<Record<'bios', ToolSet>> = {
  bios: {
    packages: ['grub-pc-bin', 'grub-common', 'grub2-common'],
    programs: ['usr/sbin/grub-install'],
    data: ['usr/lib/grub/i386-pc', 'usr/share/grub/unicode.pf2'],
  },
};

const toolSets: readonly ToolSet[] = [common, ...Object.values(perFirmware)];

/** The tools of all firmwares: one initrd serves every build. */
export const tools: ToolSet = {
  packages: toolSets.flatMap((set) => set.packages),
  programs: toolSets.flatMap((set) => set.programs),
  data: toolSets.flatMap((set) => set.data),
};

/**
 * Kernel modules in the order in which they are loaded; what they depend on goes before them. The checksums come first:
 * ext4 asks for them by an alias that only modprobe could resolve.
 */
export const modules: readonly string[] = [
  'virtio_pci',
  'virtio_blk',
  'virtio_scsi',
  'xen_blkfront',
  'sd_mod',
  'crc32c_generic',
  'crc32c_intel',
  'ext4',
  'dm_mod',
];

/** By the package archive's name of an architecture: the folder of its libraries. */
export const libraryFolders: Readonly<Record<string, string>> = { amd64: 'usr/lib/x86_64-linux-gnu' };
