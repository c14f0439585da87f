export { installOnHost, procedureOf } from './install.js';
export type { HostJob, HostPartition } from './job.js';
export { findHostResource, removeHostResource } from './leftovers.js';
export { hostPartitions } from './partitions.js';
export { describeHostResource, type HostResource } from './resources.js';
export { runOnHost } from './run.js';
