import { join } from 'node:path';
import { readOn, whileUnderWay } from '../../build/records/follow.js';
import { type BuildRecord, goesOn, readBuild } from '../../build/records/records.js';
import { buildFiles } from '../../build/records/workspace.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import { recordSink } from '../log-sink.js';
import { aboutFailed, doneText, outcomeOf } from '../outcome.js';
import type { Session } from '../session.js';

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  session.sayOnSignal(`detached; the build goes on → vapp attach ${build.id}`);
  const result = await show(session, build);
  const now = readBuild(build.id);
  if (goesOn(now)) return 0;
  await session.endReporting();
  const { error } = await outcomeOf(now);
  if (error) {
    session.afterwards(...aboutFailed(now));
    throw error;
  }
  if (!session.json && result) session.print(doneText(result.template, result.uri));
  return 0;
};

interface Result {
  template: string;
  uri: string;
}

/** Shows the build's events, those of the past with the times of then, until it is over or the user has seen enough. */
async function show(session: Session, build: BuildRecord): Promise<Result | undefined> {
  let then: number | undefined = Date.parse(build.started);
  await session.startReporting({ now: () => then ?? Date.now() });
  let result: Result | undefined;
  const sink = recordSink(({ at, event }) => {
    then = at;
    if (event.type === 'result') result = event;
    if (event.type !== 'error') session.emit(event);
  });
  let offset = 0;
  await whileUnderWay(build.id, session.signal, async () => {
    offset = await readOn(join(build.directory, buildFiles.log), offset, sink);
    then = undefined;
  });
  return result;
}
