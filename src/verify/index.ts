export type { BiosReport } from './boot/bios.js';
export { bootCodeNames } from './boot/sector.js';
export { type Bootable, checkDisk, type DiskReport } from './check-disk.js';
export { type Disk, type DiskFormat, openDisk, type RangeSource } from './disk.js';
export { patchKernelArguments } from './kernel-arguments.js';
export type { Patch } from './patch.js';
export { overlayImage } from './qcow2-overlay.js';
export { kernelArgumentsFor, parseVerifyLine, type SystemReport, verifyCredentials } from './system-check.js';
