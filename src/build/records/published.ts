import { lastCheckpoint } from './checkpoint.js';
import type { TimedEntry } from './journal.js';
import { describe } from './scope.js';

/**
 * When a journal says that the build's disk was left to its template, which is defined by then; undefined while it does not say so. The
 * build itself writes that down, or whoever cleans up after one that was killed before it could.
 */
export function publishedAt(entries: readonly TimedEntry[]): string | undefined {
  const disk = lastCheckpoint(entries)?.disk;
  if (!disk) return undefined;
  return entries.findLast((entry) => entry.op === 'keep' && describe(entry.resource) === describe(disk))?.at;
}
