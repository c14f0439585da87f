import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds of work in one piece: short enough for a display, a guest's console and libvirt's keepalive. */
const longest = 15;

/**
 * For work that takes long in this thread: to be awaited every now and then, it gives everything else its turn when that is due.
 * Each piece of work has its own.
 */
export function breather(): () => Promise<void> | undefined {
  let since = performance.now();
  const breathe = async (): Promise<void> => {
    await turn();
    since = performance.now();
  };
  return () => (performance.now() - since < longest ? undefined : breathe());
}
