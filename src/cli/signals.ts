import { constants } from 'node:os';
import { VappError } from '../errors.js';

/** The signal of `vapp cancel`. Not SIGTERM: a second one would end the process in the middle of its clean-up. */
export const cancelSignal = 'SIGUSR2';

const codes = {
  SIGINT: 'VAPP_CANCELLED_SIGINT',
  SIGTERM: 'VAPP_CANCELLED_SIGTERM',
  SIGHUP: 'VAPP_CANCELLED_SIGHUP',
  [cancelSignal]: 'VAPP_CANCELLED_COMMAND',
} as const;
export type SignalName = keyof typeof codes;
type Name = SignalName;

/** The reason of a build that `vapp cancel` ends. */
export const cancelError = (): VappError => new VappError(codes[cancelSignal], 'cancelled by vapp cancel');

export interface SignalOptions {
  /** Signals that change nothing; may grow. */
  ignored?: readonly Name[];
  /** Told before `stop` is aborted. */
  onCancel(by: string): void;
}

/** Milliseconds. systemd ends a login with SIGTERM and SIGHUP at one time (systemd.kill(5), SendSIGHUP=): that is once. */
const together = 1000;

/**
 * Aborts `stop` at the first signal, with VAPP_CANCELLED_… as the reason; a second one from the keyboard or of kill(1) ends
 * the process at once, as the user insists. A hang-up does not insist: a terminal that is closed says it to whoever is there.
 * Returns a function that undoes it.
 */
export function abortOnSignals(stop: AbortController, o: SignalOptions): () => void {
  let signalled = false;
  let hungUp = Number.NEGATIVE_INFINITY;
  const insists = (name: Name): boolean =>
    name !== cancelSignal && name !== 'SIGHUP' && performance.now() - hungUp > together;
  const handlers = Object.entries(codes).map(([signal, code]) => {
    const name = signal as Name;
    const by = name === cancelSignal ? 'vapp cancel' : name;
    const handler = (): void => {
      if (o.ignored?.includes(name)) return;
      // Not the default action of the signal: the terminal's cursor is given back by listeners of `exit`.
      if (signalled && insists(name)) process.exit(128 + constants.signals[name]);
      signalled = true;
      if (name === 'SIGHUP') hungUp = performance.now();
      // A standard output that nobody reads aborts it, too.
      if (stop.signal.aborted) return;
      o.onCancel(by);
      stop.abort(new VappError(code, `cancelled by ${by}`));
    };
    process.on(name, handler);
    return { name, handler };
  });
  return () => {
    for (const { name, handler } of handlers) process.removeListener(name, handler);
  };
}
