import type { Disk, DiskFormat } from '../../verify/index.js';

/** The disk that GRUB is put on. */
export interface GrubTarget {
  /** For people: a path, or `POOL/VOLUME on URI`. */
  name: string;
  format: DiskFormat;
  /** Of the image on the libvirt host, absolute; `block` when it is a block device. */
  path: string;
  block: boolean;
  /** The path is one of this machine, too. */
  local: boolean;
  /** Reads what the image's guest sees; looked at until the guest begins to write. */
  disk: Disk;
  /** Opens it anew, to read so many bytes in all. */
  reopen(most: number): Promise<{ disk: Disk } & AsyncDisposable>;
}
