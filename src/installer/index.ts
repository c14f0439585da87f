export { type CpioEntry, cpioFrame, fileType, readCpio, writeCpio } from './cpio.js';
export { foreignTree, runForeign, withDependencies } from './foreign.js';
export { quote } from './shell.js';
