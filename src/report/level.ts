import type { VappEvent } from '../events.js';

/** From the least to the most that is said. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** How serious an event is. What guests say is for those who look for an error. */
export const levelOf = (event: VappEvent): LogLevel => {
  if (event.type === 'line') return 'debug';
  if (event.type === 'warning') return 'warn';
  return 'state' in event && event.state === 'failed' ? 'error' : 'info';
};

/** Without them nobody would know which build a log is about, and how it ended. */
const always: readonly VappEvent['type'][] = ['build', 'result'];

/** Whether an event belongs into what is recorded, or told to programs, at `level`. */
export const isRecordedAt = (level: LogLevel, event: VappEvent): boolean =>
  always.includes(event.type) || isShownAt(level, event);

/** Whether an event is worth showing to people at `level`. */
export const isShownAt = (level: LogLevel, event: VappEvent): boolean => isWithin(level, levelOf(event));

/** Whether what is said at `one` is said where `level` is asked for. */
export const isWithin = (level: LogLevel, one: LogLevel): boolean =>
  logLevels.indexOf(one) <= logLevels.indexOf(level);
