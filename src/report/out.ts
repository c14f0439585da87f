import type { Emit, VappEvent } from '../events.js';

/** What a reporter writes to: a terminal, a pipe or a test's collector. */
export interface Out extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** Writes the lines that each event is worth. */
export const lineWriter =
  (out: Out, lines: (event: VappEvent) => string[]): Emit =>
  (event) => {
    for (const line of lines(event)) out.write(`${line}\n`);
  };
