export type { BiosReport } from './boot/bios.js';
export { bootCodeNames } from './boot/sector.js';
export { type FoundVolume, findVolumes } from './boot/volumes.js';
export { type Bootable, checkDisk, type DiskReport } from './check-disk.js';
export { Damaged } from './damaged.js';
export { type Disk, type DiskFormat, openDisk, type RangeSource } from './disk.js';
export { type FileTree, readFile } from './files/tree.js';
export { patchKernelArguments } from './kernel-arguments.js';
export type { Patch } from './patch.js';
export { overlayImage } from './qcow2-overlay.js';
export { kernelArgumentsFor, parseVerifyLine, type SystemReport, verifyCredentials } from './system-check.js';
export {
  isBiosBoot,
  isEsp,
  isExtended,
  type Partition,
  type PartitionTable,
  typeGuids,
} from './table/partition.js';
export { readPartitionTable } from './table/read.js';
