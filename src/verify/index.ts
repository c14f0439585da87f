export { type BootSectorReport, checkBootSector } from './bootsector.js';
export { type RangeSource, readDiskHead } from './disk-head.js';
export { parseVerifyLine, type SystemReport, verifyCredentials } from './system-check.js';
