// Stands before src/plan/index.ts: a guest that hangs on purpose is not waited for as long as a real one.
import * as real from '../../dist/plan/index.js';
import { readOrder } from './order.mjs';

export * from '../../dist/plan/index.js';

export function makePlan(...args) {
  const plan = real.makePlan(...args);
  return { ...plan, timeScale: plan.timeScale * readOrder().patience };
}
