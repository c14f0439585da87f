import { constants } from 'node:os';
import { VappError } from '../errors.js';

const codes = {
  SIGINT: 'VAPP_CANCELLED_SIGINT',
  SIGTERM: 'VAPP_CANCELLED_SIGTERM',
  SIGHUP: 'VAPP_CANCELLED_SIGHUP',
} as const;

/**
 * Aborts `stop` at the first signal, with VAPP_CANCELLED_… as the reason, after `onCancel` was told; a second signal ends
 * the process at once, as the user insists. Returns a function that undoes it.
 */
export function abortOnSignals(stop: AbortController, onCancel: (signal: string) => void): () => void {
  const handlers = Object.entries(codes).map(([signal, code]) => {
    const name = signal as keyof typeof codes;
    const handler = (): void => {
      // Not the default action of the signal: the terminal's cursor is given back by listeners of `exit`.
      if (stop.signal.aborted) process.exit(128 + constants.signals[name]);
      onCancel(name);
      stop.abort(new VappError(code, `cancelled by ${name}`));
    };
    process.on(name, handler);
    return { name, handler };
  });
  return () => {
    for (const { name, handler } of handlers) process.removeListener(name, handler);
  };
}
