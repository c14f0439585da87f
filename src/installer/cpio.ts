export { readCpio } from './read-cpio.js';
export { align4, type CpioEntry, cpioFrame, fileType, parents, writeCpio } from './write-cpio.js';
