import type { VappEvent } from '../events.js';
import type { Out } from './out.js';
import type { Reporter, ReporterOptions } from './reporter.js';
import { redactUrls } from './untrusted.js';

/** One JSON object per line: `v` (version of this format), `time` (ISO 8601, UTC), then the fields of the event. */
export const jsonReporter = (out: Out, o: ReporterOptions): Reporter => {
  const now = o.now ?? Date.now;
  const emit = (event: VappEvent) => void out.write(`${jsonLine(event, now())}\n`);
  return { emit, close: async () => {} };
};

/** The line of one event at `now` (milliseconds), without its line end and safe to show on a terminal. `build`: whose event it is. */
export const jsonLine = (event: VappEvent, now: number, build?: string): string =>
  JSON.stringify(
    { v: 1, time: new Date(now).toISOString(), ...(build && { build }), ...event },
    (_, value) => (typeof value === 'string' ? redactUrls(value) : value),
  ).replace(/[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, escapeCharacter);

const escapeCharacter = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
