import { jsonReporter } from './json.js';
import { levelled } from './levelled.js';
import { liveReporter } from './live.js';
import type { Out } from './out.js';
import { plainReporter } from './plain.js';
import type { Reporter, ReporterKind, ReporterOptions } from './reporter.js';
import { serviceReporter } from './service.js';

export { type BuildLog, createBuildLog } from './build-log.js';
export { type RenderOptions, renderError } from './error.js';
export { exitStatus, exitStatuses } from './exit-status.js';
export { type FailureRecord, failureRecord, recordedError } from './failure-record.js';
export type { LogLevel } from './level.js';
export { createManyReporter } from './many.js';
export type { Out } from './out.js';
export type { BuildLabel, ManyReporter, Reporter, ReporterKind, ReporterOptions } from './reporter.js';
export { wantsColor } from './style.js';

/** Shows events on `out`: a display drawn in place, lines for a log or for systemd's journal, or JSON lines. */
export const createReporter = (kind: ReporterKind, out: Out, o: ReporterOptions = {}): Reporter => {
  const make = { live: liveReporter, plain: plainReporter, service: serviceReporter, json: jsonReporter }[
    kind
  ];
  const { emit, close } = make(out, o);
  return { emit: levelled(kind, emit, o.level), close };
};
