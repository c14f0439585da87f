import type { Emit } from '../events.js';
import { jsonReporter } from './json.js';
import type { LogLevel } from './level.js';
import { levelled } from './levelled.js';
import { liveReporter } from './live.js';
import type { Out } from './out.js';
import { plainReporter } from './plain.js';
import { serviceReporter } from './service.js';

export { type BuildLog, createBuildLog } from './build-log.js';
export { type RenderOptions, renderError } from './error.js';
export { exitStatus, exitStatuses } from './exit-status.js';
export { type FailureRecord, failureRecord, recordedError } from './failure-record.js';
export type { LogLevel } from './level.js';
export { type BuildLabel, createManyReporter, type ManyReporter } from './many.js';
export type { Out } from './out.js';
export { wantsColor } from './style.js';

export type ReporterKind = 'live' | 'plain' | 'service' | 'json';

export interface ReporterOptions {
  /** Milliseconds; Date.now unless told. */
  now?: () => number;
  /** Colour; else as `out` and NO_COLOR say. */
  color?: boolean;
  env?: Readonly<Record<string, string | undefined>>;
  /** What is shown: `info` unless told. At `debug` the raw lines of the guests too. */
  level?: LogLevel;
}

export interface Reporter {
  emit: Emit;
  /** Takes the display away and gives the terminal back. Call it before anything else is printed. */
  close(): Promise<void>;
}

/** Shows events on `out`: a display drawn in place, lines for a log or for systemd's journal, or JSON lines. */
export const createReporter = (kind: ReporterKind, out: Out, o: ReporterOptions = {}): Reporter => {
  const make = { live: liveReporter, plain: plainReporter, service: serviceReporter, json: jsonReporter }[
    kind
  ];
  const { emit, close } = make(out, o);
  return { emit: levelled(kind, emit, o.level), close };
};
