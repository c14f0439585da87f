import type { Emit } from '../events.js';

export type GrubFirmware = 'bios' | 'uefi';

/** `never`: nothing of the image is run; a menu that is there stays, else one is written from outside. */
export type UpdateGrub = 'auto' | 'never';

/**
 * What a mapper is asked to do: to make one image bootable that lies idle and can be written. Plain data; all that can be
 * found out by reading the image alone has been.
 */
export interface GrubRequest {
  /** Of the image file, absolute; on the libvirt host. */
  image: string;
  format: 'raw' | 'qcow2';
  /** Bytes that the image's guest sees. */
  size: number;
  /** Number of the root partition, or `VG/LV`. Undefined when it can only be found by mounting: xfs, btrfs, LVM. */
  root?: string;
  /** Numbers of the partitions that hold /boot and the EFI system partition, where they are known. */
  boot?: number;
  esp?: number;
  /** In the order in which they are installed. */
  firmware: readonly GrubFirmware[];
  updateGrub: UpdateGrub;
  /** The image's own programs may be run as this machine's root (`--trust-image`); the mapper `guest` does not need it. */
  trusted: boolean;
  signal: AbortSignal;
  emit: Emit;
}
