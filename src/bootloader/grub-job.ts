import type { GrubFirmware, UpdateGrub } from './grub-request.js';
import { jobPart } from './job-part.js';

/** Serial numbers by which the guest knows its disks. */
export const grubSerials = { disk: 'target', store: 'store' } as const;

/** Sectors of 512 bytes in one chunk: the unit in which the snapshot keeps what is written. */
export const chunkSectors = 32;

/** What one run of grub.sh is asked to do. Plain data. */
export interface GrubJob {
  firmware: readonly GrubFirmware[];
  /** The partition's number, or `VG/LV`; without it the guest looks for the only one with a system. */
  root?: string;
  /** Number of the EFI system partition, for UEFI. */
  esp?: number;
  updateGrub: UpdateGrub;
}

const changing = ['disk', 'store', 'snapshot', 'find', 'fsck', 'mount', 'bind', 'devicemap'];

/** The steps of grub.sh, in their order. Up to `go`, nothing is written to the disk. */
export const grubSteps = ({ firmware }: Pick<GrubJob, 'firmware'>): string[] => [
  ...changing,
  ...firmware.map((one) => `grub_${one}`),
  'menu',
  'menu_check',
  'release',
  'go',
  'merge',
];

/** Those that put a backup back: the store holds what was there before. */
export const restoreSteps: readonly string[] = ['disk', 'store', 'go', 'merge'];

const common = {
  VAPP_SCRIPT: 'grub.sh',
  VAPP_DISK_SERIAL: grubSerials.disk,
  VAPP_STORE_SERIAL: grubSerials.store,
  VAPP_CHUNK: String(chunkSectors),
};

/** The part of the initrd that tells the guest its job. */
export const grubPart = (job: GrubJob): Buffer =>
  jobPart({
    ...common,
    VAPP_STEPS: grubSteps(job).join(' '),
    VAPP_ROOT: job.root ?? '',
    VAPP_ESP: job.esp === undefined ? '' : String(job.esp),
    VAPP_UPDATE_GRUB: job.updateGrub,
  });

/** The same for a backup to be put back. */
export const restorePart = (): Buffer => jobPart({ ...common, VAPP_STEPS: restoreSteps.join(' ') });
