import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { VappError } from '../errors.js';
import { stateDirectory } from '../paths.js';
import { version } from '../version.js';
import { Journal, journalVersion, parseCourse, parseJournal, type TimedEntry } from './journal.js';

/** Names of the files in a build directory. */
export const buildFiles = {
  spec: 'spec.yaml',
  plan: 'plan.json',
  preseed: 'preseed.cfg',
  installerXml: 'installer.xml',
  finisherXml: 'finisher.xml',
  templateXml: 'template.xml',
  journal: 'journal.jsonl',
  log: 'build.log',
  console: 'console.log',
  syslog: 'syslog.log',
  finisher: 'finisher.log',
  finisherConsole: 'finisher-console.log',
  verify: 'verify.log',
  screen: 'screen.txt',
  resume: 'resume.json',
  /** Made by `vapp cancel`: this build is meant, of those that its process builds. */
  cancel: 'cancel',
  domainTemplate: 'domain-template.xml',
  /** What a detached build's process wrote to its standard output and error: nothing, unless Node itself failed. */
  worker: 'worker.log',
} as const;

export const buildsDirectory = (): string => join(stateDirectory(), 'builds');

/** Where clones are written down while they are made. */
export const clonesDirectory = (): string => join(stateDirectory(), 'clones');

/** Where runs of the mapper `device-mapper` are written down while they last. */
export const hostRunsDirectory = (): string => join(stateDirectory(), 'device-mapper');

/** `<appliance>-<yyyymmdd>-<6 hex>`: sorts by day, reads well, needs no registry. */
export function newBuildId(appliance: string, now = new Date()): string {
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  // Not node:crypto, which every command that only reads builds would load.
  return `${appliance}-${day}-${Buffer.from(crypto.getRandomValues(new Uint8Array(3))).toString('hex')}`;
}

/** Makes the directory of a build (0700, as it may hold password hashes) and returns its path. Throws VAPP_HOST_DIRECTORY. */
export function makeBuildDirectory(id: string, parent = buildsDirectory()): string {
  const directory = join(parent, id);
  ensureWritable(directory, 'XDG_STATE_HOME');
  return directory;
}

/** Makes a directory of vapp's, if it is missing, and looks whether it can be written. Throws VAPP_HOST_DIRECTORY. */
export function ensureWritable(directory: string, variable: 'XDG_STATE_HOME' | 'XDG_CACHE_HOME'): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new VappError('VAPP_HOST_DIRECTORY', `${directory} cannot be written`, {
      why: obstacle(directory) ?? (cause instanceof Error ? cause.message : String(cause)),
      hint: `make it yours, or set ${variable} to a directory of your own`,
      cause,
    });
  }
}

/** What keeps a directory from being made: of a read-only file system Node says only that there is no such directory. */
function obstacle(directory: string): string | undefined {
  let above = directory;
  while (!existsSync(above) && above !== dirname(above)) above = dirname(above);
  try {
    // With the slash a file says that it is no directory.
    accessSync(`${above}/`, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Writes a file of the build directory, readable by its owner alone. */
export function writeBuildFile(directory: string, name: string, text: string | Uint8Array): void {
  writeFileSync(join(directory, name), text, { mode: 0o600 });
}

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

/**
 * All builds of this user, oldest first. A build whose process is gone without an end mark is `dead`. Builds that are in
 * `ended` are not read again; those that have ended are put there.
 */
export function listBuilds(
  directory = buildsDirectory(),
  ended = new Map<string, BuildRecord>(),
): BuildRecord[] {
  if (!existsSync(directory)) return [];
  const read = (id: string): BuildRecord[] => {
    const known = ended.get(id);
    if (known) return [known];
    const text = journalText(join(directory, id));
    if (text === undefined) return [];
    const build = recordOf(id, directory, text);
    if (!goesOn(build)) ended.set(id, build);
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

/** Undefined where there is no build, or none yet. */
function journalText(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, buildFiles.journal), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

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
  const end = run.findLast((entry) => entry.op === 'end');
  const stage = course.findLast((entry) => entry.op === 'stage');
  const pid = begin && isAlive(begin) ? begin.pid : undefined;
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

const stateInRun = (run: readonly TimedEntry[]): 'queued' | 'running' =>
  run.findLast(({ op }) => op === 'queued' || op === 'turn')?.op === 'queued' ? 'queued' : 'running';

/** Begins the journal of a build or clone by this process. */
export function beginJournal(directory: string, build: string, uri: string): Journal {
  const journal = new Journal(join(directory, buildFiles.journal));
  journal.write({
    op: 'begin',
    v: journalVersion,
    build,
    uri,
    pid: process.pid,
    version,
    ...processIdentity(),
  });
  return journal;
}

/** Identifies a process across pid reuse and reboots: start time in clock ticks (proc(5) stat, field 22) and the kernel's boot id. */
export function processIdentity(pid = process.pid): { started: string; boot: string } {
  return { started: processStat(pid)[19] ?? '', boot: bootId() };
}

let knownBoot: string | undefined;
/** Read once: a thousand builds are looked at together, and no process sees a second boot. */
const bootId = (): string => (knownBoot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

/** Fields of proc(5) stat from the third on: the second is a name, in which anything may stand. */
function processStat(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function isAlive(begin: { pid: number; started: string; boot: string }): boolean {
  try {
    if (begin.boot !== bootId()) return false;
    const stat = processStat(begin.pid);
    // One that nobody has waited for yet (Z) does nothing any more.
    return stat[0] !== 'Z' && stat[19] === begin.started;
  } catch {
    return false;
  }
}
