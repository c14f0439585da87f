export { applianceScript } from './appliance-script.js';
export { type Answer, checkPreseed } from './check-preseed.js';
export { componentNames, type Pins, readPins } from './components.js';
export { type CpioEntry, cpioFrame, fileType, readCpio, writeCpio } from './cpio.js';
export { type ForeignTreeRequest, foreignTree, runForeign, withDependencies } from './foreign.js';
export type { KitVariant } from './hooks.js';
export {
  assembleInitrd,
  type BuildPart,
  type BuildPartOptions,
  buildPart,
  type InitrdPart,
} from './initrd.js';
export { buildKit } from './kit.js';
export { kitTools } from './kit-inputs.js';
export type { Kit, KitRequest } from './kit-types.js';
export { type KernelRequest, kernelTree, moduleClosure } from './modules.js';
export { quote } from './shell.js';
export type { Template } from './templates.js';
