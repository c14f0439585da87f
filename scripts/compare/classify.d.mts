import type { Difference } from './differences.mjs';
import type { Inventory } from './inventory.mjs';

export interface Rule {
  aspect: string;
  keys: string[];
  how?: string[];
  lines?: string[];
  reason: string;
}
export interface RuleGroup {
  id: string;
  title: string;
  rules: Rule[];
}
export interface Result {
  explained: { difference: Difference; group: string; reason: string }[];
  unexplained: Difference[];
  unused: { group: string; keys: string[] }[];
}
export function globPattern(glob: string): RegExp;
export function classify(
  differences: readonly Difference[],
  groups: readonly RuleGroup[],
  o: {
    first: Pick<Inventory, 'owners' | 'questions'>;
    second: Pick<Inventory, 'owners' | 'questions'>;
  },
): Result;
