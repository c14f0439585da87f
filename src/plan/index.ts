export { type ChosenEngine, chooseEngine } from './engine.js';
export { type HypervisorSources, isRemote, readHypervisorFacts } from './facts.js';
export { makePlan, type PlanOptions } from './make-plan.js';
export { buildPrefix, namesFor } from './names.js';
export { noUserNetwork, parseNetwork } from './network.js';
export type { Engine, HypervisorFacts, NetworkChoice, Plan } from './plan.js';
export { unfitPool } from './pool.js';
export { buildMemory, fitsIn, type Room, roomOf } from './room.js';
