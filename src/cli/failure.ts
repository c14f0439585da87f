import { exitStatus, renderError } from '../report/index.js';

/** Prints an error on standard error and what is worth saying after it, and returns the exit status that belongs to it. */
export function reportFailure(error: unknown, o: { debug: boolean; lastWords: readonly string[] }): number {
  const color = Boolean(process.stderr.isTTY) && !process.env.NO_COLOR;
  process.stderr.write(`${renderError(error, { color, debug: o.debug, cwd: process.cwd() })}\n`);
  for (const line of o.lastWords) process.stderr.write(`${line}\n`);
  return exitStatus(error);
}
