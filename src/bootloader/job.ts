import { jobPart } from './job-part.js';

/** What one run of the finisher is asked to do. Plain data. */
export interface FinisherJob {
  /** `<serial>` of the disk in the domain XML; by it the guest knows which disk is meant. Empty: it has one only. */
  diskSerial: string;
  firmware: 'bios';
  /** Number of the root partition. Without it: the only one with an ext4 file system. */
  rootPartition?: number;
  /**
   * Words that only this build knows, such as the address of its proxy: a file of the result that still holds one fails
   * the run.
   */
  traces: readonly string[];
}

/** What a job says when nothing else is known. */
export const finisherDefaults = {
  diskSerial: 'target',
  firmware: 'bios',
  traces: [],
} as const satisfies FinisherJob;

/**
 * Kernel arguments of the finisher guest. `norandmaps` and `mitigations=off` save time under TCG, `panic=-1` makes a
 * dead guest end instead of hang. The console carries the kernel's and the tools' output, the second port the report.
 */
export const finisherKernelArguments = [
  'rdinit=/vapp/init',
  'console=ttyS0,115200',
  'quiet',
  'loglevel=1',
  'panic=-1',
  'norandmaps',
  'mitigations=off',
] as const;

const variables = (job: FinisherJob): Record<string, string> => ({
  VAPP_DISK_SERIAL: job.diskSerial,
  VAPP_FIRMWARE: job.firmware,
  VAPP_ROOT: job.rootPartition === undefined ? '' : String(job.rootPartition),
  VAPP_TRACES: job.traces.filter((trace) => trace !== '').join('\n'),
});

/**
 * The part of the finisher's initrd that belongs to one build: a cpio archive with `vapp/job.env`, shell assignments
 * that the guest's init reads. To be put behind the common part; its length is a multiple of four.
 * @throws RangeError for a value with a NUL, which no environment can hold.
 */
export const finisherPart = (job: FinisherJob): Buffer => jobPart(variables(job));
