import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readOn, whileUnderWay } from '../../build/records/follow.js';
import { type BuildRecord, goesOn } from '../../build/records/records.js';
import { buildFiles } from '../../build/records/workspace.js';
import { VappError } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import { consoleSink } from '../log-sink.js';
import { deadError } from '../outcome.js';

/** The consoles of a build's guests, in the order in which the guests run. */
const consoles = [buildFiles.console, buildFiles.finisherConsole, buildFiles.verify];

/** Bytes of what a console has shown already: about a screen. */
const shownBefore = 2000;

/**
 * Follows the console of the guest that runs, and then of the next. Only to look at: libvirt hands a console to one reader
 * at a time (virDomainOpenConsole), which is the build itself; another could only throw it out.
 */
export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  if (!goesOn(build)) throw noGuest(build);
  session.sayOnSignal(undefined);
  if (build.state === 'queued') session.say('it waits in the queue: no guest of it runs yet');
  if (process.stderr.isTTY)
    session.say('only to look at: the console’s one reader is the build itself; Ctrl-C ends');
  const sink = consoleSink(process.stdout);
  let file: string | undefined;
  let offset = 0;
  await whileUnderWay(build.id, session.signal, async () => {
    if (file) offset = await readOn(file, offset, sink);
    for (const next of consolesAfter(build, file)) {
      offset = await readOn(next, file === undefined ? lastScreen(next) : 0, sink);
      file = next;
    }
  });
  return 0;
};

/** Console files newer than the one being read; of several at the start only the last. */
function consolesAfter(build: BuildRecord, file: string | undefined): string[] {
  const there = consoles.map((name) => join(build.directory, name)).filter((path) => existsSync(path));
  return file === undefined ? there.slice(-1) : there.slice(there.indexOf(file) + 1);
}

/** Where the last lines of a file begin. */
function lastScreen(file: string): number {
  const { size } = statSync(file);
  const start = Math.max(0, size - shownBefore);
  const bytes = Buffer.alloc(size - start);
  const fd = openSync(file, 'r');
  const length = readSync(fd, bytes, 0, bytes.length, start);
  closeSync(fd);
  return start === 0 ? 0 : start + bytes.subarray(0, length).indexOf('\n') + 1;
}

function noGuest(build: BuildRecord): VappError {
  if (build.state === 'dead') return deadError(build);
  return new VappError('VAPP_BUILD_ENDED', `build ${build.id} has ended: ${build.state}`, {
    why: 'no guest of it runs any more',
    hint: `vapp logs --log console ${build.id}`,
  });
}
