import type { DiskStamp, JournalEntry, VolumeResource } from './journal.js';

export interface Checkpoint {
  disk: VolumeResource;
  stamp: DiskStamp;
  /** The finisher has written to the disk since then, and its end was not seen: only the size can be compared. */
  stale: boolean;
}

/** The last checkpoint of a journal. Pure. */
export function lastCheckpoint(entries: readonly JournalEntry[]): Checkpoint | undefined {
  const index = entries.findLastIndex(({ op }) => op === 'checkpoint');
  const entry = entries[index];
  if (entry?.op !== 'checkpoint') return undefined;
  const { disk, stamp } = entry;
  return { disk, stamp, stale: entries.slice(index).some(beginsToWrite) };
}

const beginsToWrite = (entry: JournalEntry): boolean =>
  entry.op === 'stage' && entry.stage === 'bootloader' && entry.state === 'start';

/** How a disk differs from its checkpoint, for people; undefined when it is the same. */
export function differenceFrom({ stamp, stale }: Checkpoint, now: DiskStamp): string | undefined {
  if (now.capacity !== stamp.capacity) return `its size was ${stamp.capacity} bytes and is ${now.capacity}`;
  if (stale) return undefined;
  if (now.physical !== stamp.physical)
    return `its file had ${stamp.physical} bytes and now has ${now.physical}`;
  if (now.modified === stamp.modified) return undefined;
  return `it was written to at ${timeOf(now.modified)}`;
}

const timeOf = (seconds: string | undefined): string =>
  seconds === undefined ? 'a time that is not known' : new Date(Number(seconds) * 1000).toISOString();
