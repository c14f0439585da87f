import type { Appliance } from '../spec/appliance.js';
import { installerMemory, installerVcpus } from './make-plan.js';
import type { HypervisorFacts } from './plan.js';

const MiB = 1024 ** 2;

/** What QEMU takes besides its guest's memory; under emulation the translated code. */
const overhead = 256 * MiB;

/** The share of a host's memory that builds may take together. */
const share = 0.75;

/** What builds may take of a host together. */
export interface Room {
  builds: number;
  /** Bytes; absent where nobody counts them. */
  memory?: number;
}

/** The room of a host: no processor is promised to two installers. Pure. */
export const roomOf = (facts: Pick<HypervisorFacts, 'hostCpus' | 'hostMemory'>): Room => ({
  builds: Math.max(1, Math.floor(facts.hostCpus / installerVcpus(facts))),
  ...(facts.hostMemory !== undefined && { memory: facts.hostMemory * share }),
});

/** Bytes that a build takes of its host: its guests run one after the other, so it is the largest that counts. */
export const buildMemory = (appliance: Pick<Appliance, 'memory'>): number =>
  Math.max(appliance.memory, installerMemory(appliance)) + overhead;

/**
 * Whether a build that takes `own` bytes fits in, besides all that are before it in the queue, those that wait too, so that nobody
 * is overtaken for being large. Of one that does not say what it takes, it is as much. Who is first fits always. Reads no more of
 * `ahead` than it needs to. Pure.
 */
export function fitsIn(room: Room, own: number, ahead: Iterable<number | undefined>): boolean {
  const { builds, memory = Number.POSITIVE_INFINITY } = room;
  let [count, taken] = [1, own];
  for (const other of ahead) {
    count += 1;
    taken += other ?? own;
    if (count > builds || taken > memory) return false;
  }
  return true;
}
