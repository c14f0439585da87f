import type { VappEvent } from '../../src/events.js';

export interface Meters {
  wall: number;
  cpu: number;
}
export interface Row extends Meters {
  name: string;
}
export class Ledger {
  mark(name: string, now: Meters): void;
  close(now: Meters): void;
  readonly rows: Row[];
}
export function itemOf(event: VappEvent): string | undefined;
