import type { Stats } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { breathe } from '../../breathe.js';
import { VappError } from '../../errors.js';
import { leftovers } from '../records/journal.js';
import { refuseNewer } from '../records/newer.js';
import { type BuildRecord, goesOn, isAbsence, readBuild } from '../records/records.js';
import { describe } from '../records/scope.js';
import { buildFiles, buildsDirectory, isBuildId } from '../records/workspace.js';

/** Seconds for which the logs of a build that is done are kept. Those of any other are kept until they are removed by name. */
export const keepDone = 90 * 86_400;

/** Throws VAPP_BUILD_RUNNING. */
export function refuseRunning(build: Pick<BuildRecord, 'id' | 'state'>, why: string): void {
  if (!goesOn(build)) return;
  const hint = `vapp cancel ${build.id}`;
  throw new VappError('VAPP_BUILD_RUNNING', `build ${build.id} is ${build.state}`, { why, hint });
}

/** Throws VAPP_BUILD_RUNNING, VAPP_BUILD_NEWER or VAPP_BUILD_LEFTOVERS for a build whose directory is still needed. */
export function refuseNeeded(build: BuildRecord): void {
  refuseRunning(build, 'its directory is what it writes to');
  refuseNewer(build);
  const left = leftovers(build.entries);
  if (left.length === 0) return;
  throw new VappError('VAPP_BUILD_LEFTOVERS', `build ${build.id} has left something behind`, {
    why: `nothing but its journal knows of: ${left.map(describe).join(', ')}`,
    hint: `vapp clean ${build.id}`,
  });
}

/**
 * Removes the directory of a build with its logs: at once by another name, so that a kill in between leaves no half of a build.
 * One that another process has just removed is gone as well. Throws as refuseNeeded.
 */
export async function forgetBuild(id: string, directory = buildsDirectory()): Promise<void> {
  const aside = join(directory, `.${id}`);
  try {
    refuseNeeded(readBuild(id, directory));
    await rename(join(directory, id), aside);
  } catch (error) {
    if (isAbsence(error)) return;
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

/** Milliseconds after which a directory without a journal is no build that is about to begin. */
const neverBegun = 86_400_000;

/**
 * Removes what a killed `forgetBuild` left, and directories of builds that could not write down that they began. Never rejects: what
 * cannot be looked at or removed stays, and the next call comes by again.
 */
export async function forgetRest(directory = buildsDirectory()): Promise<void> {
  for (const { name, journal } of await entriesOf(directory)) {
    const path = join(directory, name);
    if (!isAside(name) && !(journal === 'absent' && isBuildId(name) && (await isOld(path)))) continue;
    // It is another user's, say, since vapp was once run by sudo.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** On its way out. */
const isAside = (name: string): boolean => name.startsWith('.') && isBuildId(name.slice(1));

async function isOld(path: string): Promise<boolean> {
  const found = await lookAt(path);
  return typeof found === 'object' && found.mtimeMs < Date.now() - neverBegun;
}

type Look = Stats | 'absent' | 'unknown';

/** What is in the directory of builds, each with its journal. */
async function entriesOf(directory: string): Promise<{ name: string; journal: Look }[]> {
  const names = await readdir(directory).catch(() => []);
  return await Promise.all(
    names.map(async (name) => ({ name, journal: await lookAt(join(directory, name, buildFiles.journal)) })),
  );
}

const lookAt = (path: string): Promise<Look> =>
  stat(path).catch((error) => (isAbsence(error) ? 'absent' : 'unknown'));

/**
 * Removes the builds that were done longer ago than `keepDone` and left nothing. Never rejects: nobody has asked for it, and
 * `vapp forget` would say why it cannot be.
 */
export async function forgetDone(directory = buildsDirectory()): Promise<void> {
  try {
    await forgetRest(directory);
    for (const { id, entries } of await doneBefore(keepDone, directory)) {
      if (leftovers(entries).length === 0) await forgetBuild(id, directory);
    }
  } catch {
    // Another build removes them at the same time, say.
  }
}

/**
 * Builds that were done so many seconds ago, or more. Only journals that are as old are read, so that a thousand young builds
 * cost no time.
 */
export async function doneBefore(
  seconds: number,
  directory = buildsDirectory(),
  now = new Date(),
): Promise<BuildRecord[]> {
  const limit = now.getTime() - seconds * 1000;
  const old: BuildRecord[] = [];
  for (const { name, journal } of await entriesOf(directory)) {
    if (name.startsWith('.') || typeof journal === 'string' || journal.mtimeMs > limit) continue;
    const build = readBuild(name, directory);
    const { state, ended, newer } = build;
    if (!newer && state === 'done' && Date.parse(ended ?? '') <= limit) old.push(build);
    // Failed builds are kept for ever, and there may be many.
    await breathe();
  }
  return old;
}
