import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds of work in one piece: short enough for a display, a guest's console and libvirt's keepalive. */
const longest = 15;

let since = performance.now();
let others: Promise<void> | undefined;

/**
 * For work that takes long in this thread: to be awaited every now and then, it gives everything else its turn when that is due. All
 * pieces of work that go on side by side have one clock, as what they take of the thread adds up.
 */
export function breathe(): Promise<void> | undefined {
  if (performance.now() - since < longest) return undefined;
  others ??= othersTurn();
  return others;
}

async function othersTurn(): Promise<void> {
  await turn();
  since = performance.now();
  others = undefined;
}
