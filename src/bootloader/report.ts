import { StringDecoder } from 'node:string_decoder';
import type { Emit } from '../events.js';
import type { FinisherResult } from './finisher-result.js';
import { noEnd, notDone } from './report-errors.js';

/** Lines of the report port that count begin with it; what else comes there is noise. */
export const reportPrefix = 'VAPP1 ';

/** Reads the finisher guest's report. */
export interface ReportReader {
  /** Bytes as they come, cut anywhere. */
  chunk(data: Uint8Array | string): void;
  /** One line without its end. */
  line(text: string): void;
  /** The end mark's; undefined as long as there was none. */
  readonly result: FinisherResult | undefined;
  /** Whether the guest has said of any step that it begins. */
  readonly begun: boolean;
  /**
   * To be called when the guest is gone.
   * @param console the guest's console, for the error.
   * @throws VAPP_BOOTLOADER_STEP when a step failed, VAPP_BOOTLOADER_UNDO when something could not be undone,
   *   VAPP_BOOTLOADER_NO_END when the guest went away without its end mark.
   */
  finish(console: string): FinisherResult;
}

interface Message {
  t: string;
  step?: unknown;
  ms?: unknown;
  log?: unknown;
  status?: unknown;
  left?: unknown;
  facts?: unknown;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Makes a reader that turns the guest's steps into `step` events, and every other line into a `line` event. */
export function createReportReader(emit: Emit): ReportReader {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let step = '';
  let failed: FinisherResult['failed'];
  let result: FinisherResult | undefined;
  const facts: FinisherResult['facts'] = {};

  const handlers: Record<string, (message: Message) => void> = {
    begin: (message) => {
      step = text(message.step);
      emit({ type: 'step', step, state: 'start' });
    },
    done: (message) => {
      Object.assign(facts, message.facts);
      emit({ type: 'step', step: text(message.step), state: 'done', ...seconds(message) });
    },
    fail: (message) => {
      const log = text(message.log);
      failed ??= { step: text(message.step), log };
      const detail = log.trimEnd().split('\n').at(-1) ?? '';
      emit({ type: 'step', step: text(message.step), state: 'failed', ...seconds(message), detail });
    },
    end: (message) => {
      const status = typeof message.status === 'number' ? message.status : 1;
      result = { status, left: text(message.left), facts, ...(failed && { failed }) };
    },
  };

  const line = (raw: string): void => {
    const message = parseMessage(raw.trimEnd());
    // A guest may name what every object has.
    const handle = message && Object.hasOwn(handlers, message.t) ? handlers[message.t] : undefined;
    if (message && handle) handle(message);
    else if (raw.trim() !== '') emit({ type: 'line', channel: 'finisher', text: raw.trimEnd() });
  };

  return {
    line,
    chunk: (data) => {
      const lines = (pending + (typeof data === 'string' ? data : decoder.write(Buffer.from(data)))).split(
        '\n',
      );
      pending = lines.pop()!;
      lines.forEach(line);
    },
    get result() {
      return result;
    },
    get begun() {
      return step !== '';
    },
    finish: (console) => {
      if (pending) line(pending);
      pending = '';
      if (!result) throw noEnd(step, console);
      if (result.status !== 0) throw notDone(result, console);
      return result;
    },
  };
}

// A line that noise has run into, or that was cut, is no message. Only the end mark counts for success.
function parseMessage(line: string): Message | undefined {
  const at = line.indexOf(reportPrefix);
  if (at < 0) return undefined;
  try {
    const value: unknown = JSON.parse(line.slice(at + reportPrefix.length));
    return isMessage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 't' in value && typeof value.t === 'string';

const seconds = (message: Message): { seconds?: number } =>
  typeof message.ms === 'number' ? { seconds: message.ms / 1000 } : {};
