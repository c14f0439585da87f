import { cleanBuilds } from '../../build/clean.js';
import { forgetClones } from '../../build/clone.js';
import { leftovers } from '../../build/journal.js';
import { describe } from '../../build/scope.js';
import { clonesDirectory, listBuilds } from '../../build/workspace.js';
import { shellWord } from '../../shell-word.js';
import type { CommandModule } from '../command.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs.option('dry-run', { type: 'boolean', default: false, describe: 'only say what would be removed' });

export const run: CommandModule['run'] = async (session, args) => {
  const dryRun = Boolean(args.dryRun);
  const connection = await session.connection();
  const builds = [...listBuilds(), ...listBuilds(clonesDirectory())];
  const cleaned = await cleanBuilds(connection, builds, { dryRun });
  if (!dryRun) forgetClones();
  if (session.json) {
    session.print(JSON.stringify({ v: 1, uri: connection.uri, dryRun, cleaned }));
    return 0;
  }
  for (const { build, resource, outcome, reason } of cleaned) {
    if (outcome === 'kept') session.print(`kept ${describe(resource)} of ${build}: ${reason}`);
    if (outcome === 'removed')
      session.print(`${dryRun ? 'would remove' : 'removed'} ${describe(resource)} of ${build}`);
  }
  if (!cleaned.some((one) => one.outcome !== 'absent'))
    session.print(`nothing is left of dead builds on ${connection.uri}`);
  const elsewhere = builds.filter(
    (build) => build.uri !== connection.uri && leftovers(build.entries).length > 0,
  );
  for (const uri of new Set(elsewhere.map((build) => build.uri))) {
    session.print(`builds on ${uri} left something too → vapp clean --connect ${shellWord(uri)}`);
  }
  return 0;
};
