export type { BiosReport } from './boot/bios.js';
export { bootCodeNames } from './boot/sector.js';
export { type Bootable, checkDisk, type DiskReport } from './check-disk.js';
export { type Disk, type DiskFormat, openDisk, type RangeSource } from './disk.js';
export { parseVerifyLine, type SystemReport, verifyCredentials } from './system-check.js';
