import type { Emit } from '../events.js';

/** Milliseconds between two reports of one transfer. */
const interval = 100;

export interface Meter {
  report(done: number, total: number | undefined): void;
}

/** Turns a stream of byte counts into a bearable number of progress events; the first and the last are always sent. */
export const createMeter = (emit: Emit, task: string): Meter => {
  let last = Number.NEGATIVE_INFINITY;
  return {
    report(done, total) {
      const now = performance.now();
      if (now - last < interval && done !== total) return;
      last = now;
      emit({ type: 'progress', task, done, unit: 'bytes', ...(total === undefined ? {} : { total }) });
    },
  };
};
