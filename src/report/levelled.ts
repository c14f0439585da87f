import type { Emit, VappEvent } from '../events.js';
import { isRecordedAt, isShownAt, type LogLevel } from './level.js';
import type { ReporterKind } from './reporter.js';

/** What a display is drawn from, whatever is said above it. */
const isSaid = ({ type }: VappEvent): boolean => type === 'notice' || type === 'warning';

const worth: Record<ReporterKind, (level: LogLevel, event: VappEvent) => boolean> = {
  live: (level, event) => !isSaid(event) || isShownAt(level, event),
  plain: isShownAt,
  service: isShownAt,
  json: isRecordedAt,
};

/** Hands on what a reporter of this kind shows at `level`. */
export const levelled = (kind: ReporterKind, emit: Emit, level: LogLevel = 'info'): Emit => {
  const isWorth = worth[kind];
  return (event) => {
    if (isWorth(level, event)) emit(event);
  };
};
