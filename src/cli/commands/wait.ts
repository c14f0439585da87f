import { untilOver } from '../../build/records/follow.js';
import type { BuildRecord } from '../../build/records/records.js';
import { type CommandModule, takingSeveral } from '../command.js';
import { findBuild } from '../find-build.js';
import { type Outcome, outcomeOf } from '../outcome.js';

export const options: CommandModule['options'] = takingSeveral;

/** The exit status is that of the first build, in the order of the command line, that was not done. */
export const run: CommandModule['run'] = async (session, args) => {
  const builds = (args.builds as unknown[]).map((id) => findBuild(String(id)));
  session.sayOnSignal('no longer waiting; the builds go on');
  const ends = await Promise.all(
    builds.map(async ({ id }) => {
      const build = await untilOver(id, session.signal);
      const outcome = await outcomeOf(build);
      if (!session.json) session.print(text(build, outcome));
      return { build, outcome };
    }),
  );
  if (session.json) session.print(JSON.stringify({ v: 1, builds: ends.map(document) }));
  return ends.find(({ outcome }) => outcome.status !== 0)?.outcome.status ?? 0;
};

interface End {
  build: BuildRecord;
  outcome: Outcome;
}

const text = ({ id, state }: BuildRecord, { error }: Outcome): string =>
  error ? `${id} ${state}: ${error.message} (${error.code})` : `${id} ${state}`;

const document = ({ build: { entries: _, pid: __, ...build }, outcome }: End) => ({
  ...build,
  status: outcome.status,
});
