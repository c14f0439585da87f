import type { Result } from './classify.mjs';
import type { Difference } from './differences.mjs';

export function showDifference(difference: Difference): string;
export function showResult(result: Result, o?: { all?: boolean }): string;
