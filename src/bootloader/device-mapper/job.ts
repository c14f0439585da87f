import type { GrubFirmware, UpdateGrub } from '../grub-request.js';

/** A partition that the job needs, as it was found on the disk. */
export interface HostPartition {
  number: number;
  /** File system, as mount(8) names it. */
  type: string;
  /** Of the file system. */
  uuid: string;
}

/** One run of the mapper `device-mapper`. Plain data. */
export interface HostJob {
  /** Absolute path. */
  image: string;
  format: 'raw' | 'qcow2';
  /** Bytes, as a guest sees the disk. */
  size: number;
  root: HostPartition;
  /** A file system of its own for /boot. */
  boot?: HostPartition;
  /** EFI system partition; UEFI needs it. */
  esp?: HostPartition;
  firmware: readonly GrubFirmware[];
  /** `never`: nothing of the image is run; a menu that is there stays, else one is written from outside. */
  updateGrub: UpdateGrub;
  /** The image's own programs may run as root on this host: its update-grub writes the menu. */
  trusted: boolean;
}

/** The image's own programs are run. */
export const runsImage = (job: HostJob): boolean => job.trusted && job.updateGrub === 'auto';

/** What a run calls things. */
export interface HostNames {
  /** Is in all that is made, and by it that is found again; unique to the run. */
  tag: string;
  /** Of the map of the whole disk, such as `hda`. */
  map: string;
  /** Folder of the run, which exists. */
  directory: string;
  /** `/dev/nbdN` for qcow2: qemu-nbd(8) does not choose one itself. */
  nbd?: string;
}

/** The partitions in the order in which they are mounted, with the paths below the root. */
export const mountsOf = (job: HostJob): readonly { partition: HostPartition; path: string }[] => [
  { partition: job.root, path: '' },
  ...(job.boot ? [{ partition: job.boot, path: '/boot' }] : []),
  ...(job.esp && job.firmware.includes('uefi') ? [{ partition: job.esp, path: '/boot/efi' }] : []),
];
