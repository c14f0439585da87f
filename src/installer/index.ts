export { applianceScript, fileParts } from './appliance-script.js';
export { type Answer, checkPreseed } from './check-preseed.js';
export { type CpioEntry, cpioFrame, fileType, readCpio, writeCpio } from './cpio.js';
export { withDependencies } from './dependencies.js';
export { type ForeignTreeRequest, foreignTree, runForeign } from './foreign.js';
export type { KitVariant } from './hooks.js';
export {
  assembleInitrd,
  type BuildPart,
  type BuildPartOptions,
  buildPart,
  type InitrdPart,
} from './initrd.js';
export { type KernelRequest, kernelTree } from './kernel-tree.js';
export { buildKit } from './kit.js';
export { kitTools } from './kit-inputs.js';
export type { Kit, KitRequest } from './kit-types.js';
export { moduleClosure } from './modules.js';
export { componentNames, type Pins, readPins } from './pins.js';
export { quote } from './shell.js';
export { type TargetKernel, targetKernel, targetKernelPart } from './target-kernel.js';
export type { Template } from './templates.js';
