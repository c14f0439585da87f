import { StringDecoder } from 'node:string_decoder';
import type { VappEvent } from '../events.js';
import { renderError } from '../report/error.js';
import { type FailureRecord, recordedError } from '../report/failure-record.js';
import { isShownAt, type LogLevel } from '../report/level.js';
import type { Out } from '../report/out.js';
import { plainReporter } from '../report/plain.js';
import { cleanLine } from '../report/untrusted.js';

/** Takes the bytes of a log file as they come. */
export type LogSink = (chunk: Buffer) => void;

/** Shows a guest's log: byte for byte in a file or a pipe, without what a terminal would obey on a terminal. */
export function guestLogSink(out: Out): LogSink {
  if (!out.isTTY) return (chunk) => void out.write(chunk);
  return lineSink((line) => void out.write(`${cleanLine(line)}\n`));
}

// ECMA-48: a sequence whose end has not come yet.
const cutEscape = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*)?$/;

/** Like guestLogSink, but a line is shown as it grows: a prompt has no end. */
export function consoleSink(out: Out): LogSink {
  if (!out.isTTY) return guestLogSink(out);
  let shown = 0;
  const show = (line: string, end: string): void => {
    const text = cleanLine(line);
    out.write(text.slice(shown) + end);
    shown = end ? 0 : Math.max(shown, text.length);
  };
  return lineSink(
    (line) => show(line, '\n'),
    (rest) => show(rest.replace(cutEscape, ''), ''),
  );
}

/** Shows vapp's own log of a build as `--output plain` showed the build, with the times of then, and its error at the end. */
export function ownLogSink(out: Out, level: LogLevel = 'info'): LogSink {
  let now: number | undefined;
  let reporter: ReturnType<typeof plainReporter> | undefined;
  return recordSink(({ at, event }) => {
    now = at;
    reporter ??= plainReporter(out, { now: () => now ?? 0 });
    if (event.type === 'error') out.write(`${renderError(recordedError(event))}\n`);
    else if (isShownAt(level, event)) reporter.emit(event);
  });
}

/** One record of vapp's own log of a build; `at` in milliseconds. */
export interface LogRecord {
  at: number;
  event: VappEvent | FailureRecord;
}

/** Takes the bytes of a build's own log and hands over its records. A line that was cut short is left out. */
export const recordSink = (onRecord: (record: LogRecord) => void): LogSink =>
  lineSink((line) => {
    const parsed = parsedLine(line);
    if (!parsed) return;
    const { timestamp, level: _level, message: _message, ...event } = parsed;
    onRecord({ at: Date.parse(timestamp), event });
  });

type LogLine = LogRecord['event'] & { timestamp: string; level: string; message: string };

function parsedLine(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}

function lineSink(onLine: (line: string) => void, onRest: (rest: string) => void = () => undefined): LogSink {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    onRest(rest);
  };
}
