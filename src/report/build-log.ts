import { createWriteStream, existsSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import winston from 'winston';
import { isCutShort } from '../cut-short.js';
import { VappError } from '../errors.js';
import type { Emit, VappEvent } from '../events.js';
import { failureRecord } from './failure-record.js';
import { isRecordedAt, type LogLevel, levelOf } from './level.js';
import { redactUrls } from './untrusted.js';

export interface BuildLog {
  emit: Emit;
  /** The last record of a build that failed: its error, as `--output json` shows it. */
  fail(error: unknown): void;
  /** Ends when everything is in the file. Throws VAPP_REPORT_LOG when the file could not be written. */
  close(): Promise<void>;
}

/**
 * The log of one build: its events down to `level` as JSON lines appended to `file` (mode 0600); every event, raw lines of the guests
 * too, unless told. How the build ended is there at any level.
 */
export const createBuildLog = (file: string, level: LogLevel = 'debug'): BuildLog => {
  // Preseeds with password hashes pass by in the guests' lines.
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // What another run wrote may be cut short, and would take our first line with it.
  if (existsSync(file) && isCutShort(file)) stream.write('\n');
  const written = finished(stream).catch((cause: unknown) => cause);
  const transport = new winston.transports.Stream({ stream });
  const logger = winston.createLogger({
    level: 'debug',
    format: winston.format.combine(winston.format.timestamp(), winston.format.json({ replacer: redact })),
    transports: [transport],
  });
  const close = async () => {
    // The logger ends its transports when it has handed everything to them.
    const handedOver = finished(transport).catch(() => undefined);
    logger.end();
    await Promise.race([handedOver, written]);
    stream.end();
    const cause = await written;
    if (cause)
      throw new VappError('VAPP_REPORT_LOG', `cannot write the log ${file}`, { cause, why: String(cause) });
  };
  return {
    emit: (event) => {
      if (isRecordedAt(level, event)) logger.log(record(event));
    },
    fail: (error) => void logger.log({ ...failureRecord(error), level: 'error', message: 'error' }),
    close,
  };
};

const record = (event: VappEvent) => ({ ...event, level: levelOf(event), message: event.type });

const redact = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? redactUrls(value) : value;
