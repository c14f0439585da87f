import type { Readable } from 'node:stream';
import type { VappEvent } from '../../src/events.js';
import type { Meters, Row } from './ledger.mjs';

export interface BuildResult extends Meters {
  disk: number | undefined;
  own: number;
  guests: number;
  rows: Row[];
}
export class Run {
  errors: string;
  result: BuildResult | undefined;
  seconds: number | undefined;
  constructor(
    child: { pid: number; stdout: Readable; stderr: Readable },
    o: { emit: (event: VappEvent) => void; until?: (event: VappEvent) => boolean; cancel?: () => void },
  );
  stop(): void;
}
