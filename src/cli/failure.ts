import { VappError, VappErrors } from '../errors.js';
// File by file: the room's index also brings in the log library, which costs a short command half its time.
import { renderError } from '../report/error.js';
import { exitStatus } from '../report/exit-status.js';
import { wantsColor } from '../report/style.js';
import { redactUrls } from '../report/untrusted.js';

interface FailureOptions {
  json: boolean;
  debug: boolean;
  lastWords: readonly string[];
}

/**
 * Prints an error on standard error and what is worth saying after it; with `json` also as one line on standard output.
 * Returns the exit status that belongs to it.
 */
export function reportFailure(error: unknown, o: FailureOptions): number {
  const color = wantsColor(process.stderr.isTTY, process.env);
  process.stderr.write(`${renderError(error, { color, debug: o.debug, cwd: process.cwd() })}\n`);
  for (const line of o.lastWords) process.stderr.write(`${line}\n`);
  const status = exitStatus(error);
  if (o.json) process.stdout.write(`${failureLine(error, status)}\n`);
  return status;
}

/** The line of docs/json.md for an error. */
export function failureLine(error: unknown, status: number): string {
  const all = error instanceof VappErrors ? error.errors : [error];
  const errors = all.map((one) => {
    if (!(one instanceof VappError)) return { code: 'VAPP_INTERNAL', message: String(one) };
    const { code, message, why, hint, at } = one;
    return { code, message, why, hint, ...(at && { file: at.file, line: at.line, column: at.column }) };
  });
  return JSON.stringify({ v: 1, type: 'error', status, errors }, (_, value) =>
    typeof value === 'string' ? redactUrls(value) : value,
  );
}
