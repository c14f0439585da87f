import { StringDecoder } from 'node:string_decoder';
import type { VappEvent } from '../events.js';
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

/** Shows vapp's own log of a build as `--output plain` showed the build, with the times of then. */
export function ownLogSink(out: Out): LogSink {
  let now: number | undefined;
  let reporter: ReturnType<typeof plainReporter> | undefined;
  return lineSink((line) => {
    const { timestamp, ...event } = JSON.parse(line) as VappEvent & { timestamp: string };
    now = Date.parse(timestamp);
    reporter ??= plainReporter(out, { now: () => now ?? 0 });
    reporter.emit(event as VappEvent);
  });
}

function lineSink(onLine: (line: string) => void): LogSink {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
