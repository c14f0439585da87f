export { type Backup, openBackup, type Standing, standingOf, writeBackup } from './backup.js';
export type { FinisherResult } from './finisher-result.js';
export {
  chunkSectors,
  type GrubJob,
  grubPart,
  grubSerials,
  grubSteps,
  restorePart,
  restoreSteps,
} from './grub-job.js';
export type { GrubFirmware, GrubRequest, UpdateGrub } from './grub-request.js';
export { buildFinisherInitrd, type FinisherInitrd, type FinisherInitrdRequest } from './initrd.js';
export { type FinisherJob, finisherDefaults, finisherKernelArguments, finisherPart } from './job.js';
export { createReportReader, type ReportReader, reportPrefix } from './report.js';
export type { ReadRange } from './snapshot-store.js';
