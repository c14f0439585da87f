import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../../events.js';
import { type Checkpoint, lastCheckpoint } from './checkpoint.js';
import { leftovers, type TimedEntry, type VolumeResource } from './journal.js';
import { type BuildRecord, goesOn } from './records.js';
import { describe } from './scope.js';
import { buildFiles } from './workspace.js';

/** Seconds for which the disk of a build that can be resumed is safe from `vapp clean`, unless the build is named. */
export const keepResumable = 7 * 86_400;

/** The stages that come after the installation, in their order. */
export const lateStages = ['bootloader', 'verify', 'publish'] as const;
export type LateStage = (typeof lateStages)[number];

/** Where a build that is over can be taken up again. */
export interface ResumePoint {
  /** The first stage that is still to be done. */
  from: LateStage;
  checkpoint: Checkpoint;
  /** The disk, as the journal names it. */
  disk: VolumeResource;
  /** When `vapp clean` begins to remove the disk unasked (ISO 8601). */
  until: string;
}

type Over = Pick<BuildRecord, 'state' | 'directory' | 'newer' | 'entries'>;

/** Undefined for a build that goes on, is done, is of a newer vapp, or has not finished its installation, or whose disk was removed. */
export function resumePoint(build: Over): ResumePoint | undefined {
  const { state, directory, newer } = build;
  if (goesOn({ state }) || state === 'done' || newer !== undefined) return undefined;
  const { entries } = build;
  if (!isInstalled(entries)) return undefined;
  const checkpoint = lastCheckpoint(entries);
  const disk = checkpoint && leftovers(entries).find((one) => describe(one) === describe(checkpoint.disk));
  if (!checkpoint || disk?.kind !== 'volume' || !existsSync(join(directory, buildFiles.resume)))
    return undefined;
  const ended = Date.parse(entries.at(-1)?.at ?? '');
  const from = firstUndone(entries);
  return { from, checkpoint, disk, until: new Date(ended + keepResumable * 1000).toISOString() };
}

const lastOf = (entries: readonly TimedEntry[], stage: Stage): number =>
  entries.findLastIndex((entry) => entry.op === 'stage' && entry.stage === stage);

/** Whether the installation, which is never repeated, was finished. */
export const isInstalled = (entries: readonly TimedEntry[]): boolean =>
  isDone(entries[lastOf(entries, 'install')]);

const isDone = (entry: TimedEntry | undefined): boolean => entry?.op === 'stage' && entry.state === 'done';

/** What an earlier run has done counts only until a stage before it is begun anew, with another spec. */
function firstUndone(entries: readonly TimedEntry[]): LateStage {
  let before = lastOf(entries, 'install');
  for (const stage of lateStages) {
    const last = lastOf(entries, stage);
    if (last < before || !isDone(entries[last])) return stage;
    before = last;
  }
  return 'publish';
}

/** Whether the stated time is over. */
export const isOverdue = ({ until }: ResumePoint, now = Date.now()): boolean => Date.parse(until) <= now;

/** What to type. */
export const resumeHint = (id: string): string => `vapp resume ${id}`;
