import type { Emit } from '../events.js';
import { jsonReporter } from './json.js';
import { liveReporter } from './live.js';
import type { Out } from './out.js';
import { plainReporter } from './plain.js';

export { type BuildLog, createBuildLog } from './build-log.js';
export { type RenderOptions, renderError } from './error.js';
export { exitStatus, exitStatuses } from './exit-status.js';
export { type FailureRecord, failureRecord, recordedError } from './failure-record.js';
export { type BuildLabel, createManyReporter, type ManyReporter } from './many.js';
export type { Out } from './out.js';
export { wantsColor } from './style.js';

export type ReporterKind = 'live' | 'plain' | 'json';

export interface ReporterOptions {
  /** Milliseconds; Date.now unless told. */
  now?: () => number;
  /** Colour; else as `out` and NO_COLOR say. */
  color?: boolean;
  env?: Readonly<Record<string, string | undefined>>;
  /** JSON only: the raw lines of the guests too. */
  includeLines?: boolean;
}

export interface Reporter {
  emit: Emit;
  /** Takes the display away and gives the terminal back. Call it before anything else is printed. */
  close(): Promise<void>;
}

/** Shows events on `out`: a display drawn in place, lines for a log, or JSON lines. */
export const createReporter = (kind: ReporterKind, out: Out, o: ReporterOptions = {}): Reporter => {
  const make = { live: liveReporter, plain: plainReporter, json: jsonReporter }[kind];
  return make(out, o);
};
