export type { BiosReport } from './boot/bios.js';
export { bootCodeNames } from './boot/sector.js';
export { type BootSectorReport, checkBootSector } from './bootsector.js';
export { type Bootable, checkDisk, type DiskReport } from './check-disk.js';
export { type Disk, type DiskFormat, openDisk } from './disk.js';
export { type RangeSource, readDiskHead } from './disk-head.js';
export { parseVerifyLine, type SystemReport, verifyCredentials } from './system-check.js';
