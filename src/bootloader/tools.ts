/** What goes into a finisher's initrd, by package and path. Paths are as after Debian's move to /usr. */
export interface ToolSet {
  /** Packages; their libraries follow from these. */
  packages: readonly string[];
  /** Programs, taken with the libraries that they need. */
  programs: readonly string[];
  /** Folders, taken with all of their files, and single files. */
  data: readonly string[];
  /** Other names of programs. */
  links?: Readonly<Record<string, string>>;
}

/**
 * What a finisher guest works on. `build`: a disk that the installer has just made, of which all is known. `any`: a disk
 * of anybody's; its initrd is larger and slower to start.
 */
export type FinisherKind = 'build' | 'any';

interface Ingredients {
  tools: ToolSet;
  /**
   * Kernel modules in the order in which they are loaded; what they depend on goes before them. The checksums come first:
   * ext4 asks for them by an alias that only modprobe could resolve.
   */
  modules: readonly string[];
  /** Modules that the script loads when a disk needs them, by the name that it has for them. */
  later: Readonly<Record<string, readonly string[]>>;
}

const common: ToolSet = {
  packages: ['busybox-static', 'dmsetup', 'util-linux', 'e2fsprogs'],
  programs: ['usr/bin/busybox', 'usr/sbin/dmsetup', 'usr/bin/partx', 'usr/sbin/blkid', 'usr/sbin/e2fsck'],
  data: [],
};

const bios: ToolSet = {
  packages: ['grub-pc-bin', 'grub-common', 'grub2-common'],
  programs: ['usr/sbin/grub-install'],
  data: ['usr/lib/grub/i386-pc', 'usr/share/grub/unicode.pf2'],
};

/** GRUB for UEFI, and the signed programs that firmware with Secure Boot starts. */
const uefi: ToolSet = {
  packages: [
    'grub-efi-amd64-bin',
    'grub-efi-amd64-signed',
    'shim-signed',
    'shim-helpers-amd64-signed',
    'shim-unsigned',
  ],
  programs: [],
  data: [
    'usr/lib/grub/x86_64-efi',
    'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed',
    'usr/lib/shim/shimx64.efi.signed',
    'usr/lib/shim/mmx64.efi.signed',
    'usr/lib/shim/fbx64.efi.signed',
    'usr/lib/shim/BOOTX64.CSV',
  ],
};

/** grub-install asks `vgs` about logical volumes (grub-core/osdep/linux/getroot.c). */
const lvm: ToolSet = {
  packages: ['lvm2'],
  programs: ['usr/sbin/lvm'],
  data: [],
  links: { 'usr/sbin/vgs': 'lvm' },
};

const merge = (...sets: readonly ToolSet[]): ToolSet => ({
  packages: sets.flatMap((set) => set.packages),
  programs: sets.flatMap((set) => set.programs),
  data: sets.flatMap((set) => set.data),
  links: Object.assign({}, ...sets.map((set) => set.links ?? {})),
});

const modules = [
  'virtio_pci',
  'virtio_blk',
  'virtio_scsi',
  'xen_blkfront',
  'sd_mod',
  'crc32c_generic',
  'crc32c_intel',
  'ext4',
  'dm_mod',
] as const;

export const ingredients: Readonly<Record<FinisherKind, Ingredients>> = {
  build: { tools: merge(common, bios), modules, later: {} },
  any: {
    tools: merge(common, bios, uefi, lvm),
    modules: [...modules, 'dm_snapshot'],
    later: {
      lvm: ['dm_thin_pool', 'dm_raid'],
      xfs: ['xfs'],
      btrfs: ['btrfs'],
      vfat: ['nls_cp437', 'nls_ascii', 'vfat'],
    },
  },
};

/** By the package archive's name of an architecture: the folder of its libraries. */
export const libraryFolders: Readonly<Record<string, string>> = { amd64: 'usr/lib/x86_64-linux-gnu' };
