import { doneBefore, forgetBuild, forgetRest, keepDone, refuseNeeded } from '../../build/clean/forget.js';
import { leftovers, type Resource } from '../../build/records/journal.js';
import type { BuildRecord } from '../../build/records/records.js';
import { describe } from '../../build/records/scope.js';
import { VappError } from '../../errors.js';
import { type CommandModule, takingSeveral } from '../command.js';
import { findBuild } from '../find-build.js';
import type { Session } from '../session.js';
import { durationOption } from '../units.js';

export const options: CommandModule['options'] = (yargs) =>
  takingSeveral(yargs)
    .option('done-before', {
      type: 'string',
      requiresArg: true,
      describe: 'all builds that were done so long ago, such as 12h or 30d; 90d unless builds are named',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'only say what would be removed' });

export const run: CommandModule['run'] = async (session, args) => {
  const ids = ((args.builds as unknown[] | undefined) ?? []).map(String);
  const age = durationOption('done-before', args.doneBefore);
  if (ids.length > 0 && age !== undefined) {
    throw new VappError('VAPP_USAGE', 'forget takes builds or --done-before, not both', {
      hint: 'vapp forget --help',
    });
  }
  const chosen = ids.length > 0 ? named(ids) : await old(age ?? keepDone);
  const dryRun = Boolean(args.dryRun);
  if (!dryRun) {
    for (const { id } of chosen.forgotten) await forgetBuild(id);
  }
  tell(session, chosen, dryRun);
  if (!dryRun) await forgetRest();
  return 0;
};

interface Kept {
  id: string;
  leftovers: Resource[];
}

interface Chosen {
  forgotten: BuildRecord[];
  kept: Kept[];
}

/** All of them, or an error before anything is removed. */
function named(ids: readonly string[]): Chosen {
  const builds = new Map(ids.map(findBuild).map((build) => [build.id, build]));
  for (const build of builds.values()) refuseNeeded(build);
  return { forgotten: [...builds.values()], kept: [] };
}

async function old(seconds: number): Promise<Chosen> {
  const builds = await doneBefore(seconds);
  const kept = builds.map(({ id, entries }) => ({ id, leftovers: leftovers(entries) }));
  return {
    forgotten: builds.filter(({ entries }) => leftovers(entries).length === 0),
    kept: kept.filter((one) => one.leftovers.length > 0),
  };
}

function tell(session: Session, { forgotten, kept }: Chosen, dryRun: boolean): void {
  if (session.json) {
    session.print(JSON.stringify({ v: 1, dryRun, forgotten: forgotten.map(({ id }) => id), kept }));
    return;
  }
  for (const { id } of forgotten) session.print(`${dryRun ? 'would forget' : 'forgot'} ${id}`);
  for (const { id, leftovers: left } of kept)
    session.print(`kept ${id}: it has left ${left.map(describe).join(', ')} → vapp clean`);
  if (forgotten.length + kept.length === 0) session.print('nothing to forget');
}
