import type { VappEvent } from '../events.js';
import { lineWriter, type Out } from './out.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { eventTexts } from './texts.js';
import { cleanLine } from './untrusted.js';

/** Lines for a log: each after the seconds so far. */
export const plainReporter = (out: Out, o: ReporterOptions): Reporter => {
  const now = o.now ?? Date.now;
  const lines = plainLines(now());
  return { emit: lineWriter(out, (event) => lines(event, now())), close: async () => {} };
};

/**
 * The pure heart: a function from an event and the time (milliseconds) to the lines that it is worth. With a `label`, each begins
 * with it.
 */
export const plainLines = (
  started: number,
  label?: string,
): ((event: VappEvent, now: number) => string[]) => {
  const texts = eventTexts();
  const prefix = label === undefined ? '' : `${label}: `;
  return (event, now) =>
    texts(event, now).map((text) => `${stamp(now - started)} ${cleanLine(`${prefix}${text}`)}`);
};

const stamp = (milliseconds: number): string => `[${String(Math.floor(milliseconds / 1000)).padStart(5)} s]`;
