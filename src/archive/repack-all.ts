import { availableParallelism } from 'node:os';
import type { Emit } from '../events.js';
import { type PackForm, type Repacked, repackDeb } from './repack.js';
import type { Stanza, Suite } from './types.js';

export interface Job {
  suite: Suite;
  stanza: Stanza;
  form: PackForm;
}

export interface RepackContext {
  cache: string;
  emit: Emit;
  signal?: AbortSignal;
  fetch: (suite: Suite, stanza: Stanza) => Promise<string>;
}

/** Runs `work` on all items, `width` at a time; the first failure ends it. */
const inParallel = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const queue = items.values();
  let failed = false;
  const lane = async () => {
    for (const item of queue) {
      if (failed) return;
      await work(item).catch((error) => {
        failed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
};

/** Fetches and repacks packages side by side. Those that cannot be repacked are absent from the result. */
export const repackAll = async (
  jobs: readonly Job[],
  context: RepackContext,
): Promise<Map<Stanza, Repacked>> => {
  const { cache, emit, signal } = context;
  const repacked = new Map<Stanza, Repacked>();
  let done = 0;
  // Twice the cores: half of the jobs wait for the mirror or the disk.
  await inParallel(jobs, 2 * availableParallelism(), async ({ suite, stanza, form }) => {
    signal?.throwIfAborted();
    const file = await repackDeb(() => context.fetch(suite, stanza), stanza.SHA256, form, cache);
    if (file) repacked.set(stanza, file);
    done += 1;
    emit({ type: 'progress', task: 'repack packages', done, total: jobs.length, unit: 'items' });
  });
  return repacked;
};
