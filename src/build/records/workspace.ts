import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VappError } from '../../errors.js';
import { stateDirectory } from '../../paths.js';
import { version } from '../../version.js';
import { writeOwnWhole } from '../../whole-file.js';
import { Journal, journalVersion } from './journal.js';
import { processIdentity } from './process-identity.js';

/** Names of the files in a build directory. */
export const buildFiles = {
  spec: 'spec.yaml',
  plan: 'plan.json',
  preseed: 'preseed.cfg',
  installerXml: 'installer.xml',
  finisherXml: 'finisher.xml',
  probeXml: 'probe.xml',
  verifyXml: 'verify.xml',
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

/** Whether that may be the id of a build: of other things in the directory of builds nobody knows whose they are. */
export const isBuildId = (name: string): boolean => /^[^.].*-\d{8}-[0-9a-f]{6}$/.test(name);

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

/**
 * Writes a file of the build directory, readable by its owner alone: whole, or as it was before. A build that is resumed writes anew
 * what it could not go on without.
 */
export function writeBuildFile(directory: string, name: string, text: string | Uint8Array): void {
  writeOwnWhole(join(directory, name), text);
}

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
