export { type Decision, decide, type Wishes } from './decide.js';
export { type ExaminedDisk, examineDisk, type FoundSystem } from './systems.js';
