import { diskFailure } from '../build/disk-failure.js';
// File by file: the room's index also brings in the log library, which costs a short command half its time.
import { renderError } from '../report/error.js';
import { exitStatus } from '../report/exit-status.js';
import { failureRecord } from '../report/failure-record.js';
import { prioritised } from '../report/service.js';
import { wantsColor } from '../report/style.js';
import { redactUrls } from '../report/untrusted.js';

interface FailureOptions {
  json: boolean;
  debug: boolean;
  /** Standard error is systemd's journal. */
  service?: boolean;
  lastWords: readonly string[];
  /** Id of the build that failed, where there are several. */
  build?: string;
}

/**
 * Prints an error on standard error and what is worth saying after it; with `json` also as one line on standard output.
 * Returns the exit status that belongs to it.
 */
export function reportFailure(cause: unknown, o: FailureOptions): number {
  // Any command may find the disk under vapp's own files full or read-only.
  const error = diskFailure(cause) ?? cause;
  const color = wantsColor(process.stderr.isTTY, process.env);
  const text = renderError(error, { color, debug: o.debug, cwd: process.cwd() });
  process.stderr.write(`${o.service ? prioritised('error', text) : text}\n`);
  for (const line of o.lastWords) process.stderr.write(`${line}\n`);
  const status = exitStatus(error);
  if (o.json) process.stdout.write(`${failureLine(error, status, o.build)}\n`);
  return status;
}

/** The line of docs/json.md for an error. */
export const failureLine = (error: unknown, status: number, build?: string): string =>
  JSON.stringify({ v: 1, ...(build && { build }), ...failureRecord(error, status) }, (_, value) =>
    typeof value === 'string' ? redactUrls(value) : value,
  );
