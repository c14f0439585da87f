import type { Meters, Row } from './ledger.mjs';

export interface Figure {
  name: string;
  baseline?: number;
  vapp: number;
  ratio: number | undefined;
  aim: number;
  met: boolean;
}
export const aims: { cpu: number; wall: number; own: number };
export function summarise(runs: { baseline?: Meters; vapp?: Meters & { own: number } }): Figure[];
export function figureTable(figures: readonly Figure[]): string;
export function sideBySide(
  baseline?: readonly Row[],
  vapp?: readonly Row[],
): { name: string; baseline?: Row | undefined; vapp?: Meters | undefined }[];
export function phaseTable(baseline?: readonly Row[], vapp?: readonly Row[]): string;
