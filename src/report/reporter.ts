import type { Emit } from '../events.js';
import type { LogLevel } from './level.js';

export type ReporterKind = 'live' | 'plain' | 'service' | 'json';

export interface ReporterOptions {
  /** Milliseconds; Date.now unless told. */
  now?: () => number;
  /** Colour; else as `out` and NO_COLOR say. */
  color?: boolean;
  env?: Readonly<Record<string, string | undefined>>;
  /** What is shown: `info` unless told. At `debug` the raw lines of the guests too. */
  level?: LogLevel;
}

export interface Reporter {
  emit: Emit;
  /** Takes the display away and gives the terminal back. Call it before anything else is printed. */
  close(): Promise<void>;
}

/** A build among several. */
export interface BuildLabel {
  id: string;
  /** What people know it by. */
  name: string;
}

/** Shows several builds at once; its own `emit` is for what concerns them all. */
export interface ManyReporter extends Reporter {
  build(label: BuildLabel): Emit;
  /** It has ended, perhaps before its first stage. */
  over(id: string): void;
}
