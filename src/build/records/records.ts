import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { journalVersion, parseCourse, parseJournal, type TimedEntry } from './journal.js';
import { isAlive } from './process-identity.js';
import { publishedAt } from './published.js';
import { buildFiles, buildsDirectory } from './workspace.js';

export type BuildState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'dead';

/** Whether its process is at work on it, or waits for its turn. */
export const goesOn = ({ state }: { state: BuildState }): boolean =>
  state === 'running' || state === 'queued';

export interface BuildRecord {
  id: string;
  directory: string;
  uri: string;
  state: BuildState;
  /** The process that builds, while it lives. */
  pid?: number;
  started: string;
  ended?: string;
  /** Last stage that was begun. */
  stage?: string;
  code?: string;
  message?: string;
  /** The vapp that wrote the journal in a form which this one does not know: what is said here of the build may be wrong. */
  newer?: string;
  /** The whole journal, parsed when it is first asked for. */
  readonly entries: TimedEntry[];
}

/** Builds that have ended, each with the state of its journal: resumed or cleaned, it is written on. */
export type EndedBuilds = Map<string, { build: BuildRecord; stamp: string }>;

/**
 * All builds of this user, oldest first. A build whose process is gone without an end mark is `dead`, or `done` if its
 * template was defined. Builds that are in `ended` are not read again as long as their journal is as it was; those that have ended
 * are put there.
 */
export function listBuilds(directory = buildsDirectory(), ended?: EndedBuilds): BuildRecord[] {
  if (!existsSync(directory)) return [];
  const read = (id: string): BuildRecord[] => {
    const stamp = ended ? stampOf(join(directory, id)) : '';
    const known = ended?.get(id);
    if (known && known.stamp === stamp) return [known.build];
    const text = journalText(join(directory, id));
    if (text === undefined) return [];
    const build = recordOf(id, directory, text);
    if (!goesOn(build)) ended?.set(id, { build, stamp });
    return [build];
  };
  return (
    readdirSync(directory)
      // Dotted: on its way out (forget.ts).
      .filter((id) => !id.startsWith('.'))
      .flatMap(read)
      .sort((a, b) => (a.started < b.started ? -1 : Number(a.started > b.started)))
  );
}

function stampOf(directory: string): string {
  const found = statSync(join(directory, buildFiles.journal), { throwIfNoEntry: false });
  return found ? `${found.size} ${found.mtimeMs}` : '';
}

/** Undefined where there is no build, or none yet. */
function journalText(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, buildFiles.journal), 'utf8');
  } catch (error) {
    // One that cannot be read is another user's: vapp was run by sudo, say, with this user's directories.
    if (isAbsence(error) || (error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

/** Any other error of a file system, such as EIO, does not say that nothing is there. */
export const isAbsence = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/** One build as its journal tells it. */
export const readBuild = (id: string, directory = buildsDirectory()): BuildRecord =>
  recordOf(id, directory, readFileSync(join(directory, id, buildFiles.journal), 'utf8'));

function recordOf(id: string, parent: string, text: string): BuildRecord {
  const course = parseCourse(text);
  const first = course.find((entry) => entry.op === 'begin');
  // A build that was taken up again has begun more than once, and the end of an earlier run is none.
  const last = course.findLastIndex((entry) => entry.op === 'begin');
  const begin = course[last]?.op === 'begin' ? course[last] : undefined;
  const run = course.slice(last + 1);
  const stage = course.findLast((entry) => entry.op === 'stage');
  const pid = begin && isAlive(begin) ? begin.pid : undefined;
  const end =
    run.findLast((entry) => entry.op === 'end') ??
    (pid === undefined ? unwrittenEnd(stage, text) : undefined);
  const newer = course.findLast((entry) => entry.op === 'begin' && entry.v > journalVersion);
  let entries: TimedEntry[] | undefined;
  return {
    id,
    directory: join(parent, id),
    uri: begin?.uri ?? '',
    state: end ? end.state : pid === undefined ? 'dead' : stateInRun(run),
    ...(pid !== undefined && { pid }),
    started: first?.at ?? '',
    ...(end && {
      ended: end.at,
      ...(end.code && { code: end.code }),
      ...(end.message && { message: end.message }),
    }),
    ...(stage && { stage: stage.stage }),
    ...(newer?.op === 'begin' && { newer: newer.version }),
    get entries() {
      entries ??= parseJournal(text);
      return entries;
    },
  };
}

/** The end of a build whose process was killed after its template was defined, while it tidied up. */
function unwrittenEnd(stage: TimedEntry | undefined, text: string): TimedEnd | undefined {
  if (stage?.op !== 'stage' || stage.stage !== 'publish') return undefined;
  const at = stage.state === 'done' ? stage.at : publishedAt(parseJournal(text));
  return at === undefined ? undefined : { at, op: 'end', state: 'done' };
}

type TimedEnd = Extract<TimedEntry, { op: 'end' }>;

const stateInRun = (run: readonly TimedEntry[]): 'queued' | 'running' =>
  run.findLast(({ op }) => op === 'queued' || op === 'turn')?.op === 'queued' ? 'queued' : 'running';
