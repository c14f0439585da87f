import { type Cleaned, cleanBuilds } from '../../build/clean/clean.js';
import { refuseRunning } from '../../build/clean/forget.js';
import { cleanHost, type HostCleaned } from '../../build/clean/host.js';
import { forgetClones } from '../../build/clone.js';
import { leftovers } from '../../build/records/journal.js';
import { type BuildRecord, listBuilds } from '../../build/records/records.js';
import { resumeHint } from '../../build/records/resume-point.js';
import { describe } from '../../build/records/scope.js';
import { clonesDirectory } from '../../build/records/workspace.js';
import { throwTogether, VappError, VappErrors } from '../../errors.js';
import { shellWord } from '../../shell-word.js';
import { type CommandModule, takingSeveral } from '../command.js';
import { findBuild } from '../find-build.js';

export const options: CommandModule['options'] = (yargs) =>
  takingSeveral(yargs)
    .option('resumable', {
      type: 'boolean',
      default: false,
      describe:
        'remove also what vapp resume would go on from; else it stays for 7 days, unless the build is named',
    })
    .option('dry-run', { type: 'boolean', default: false, describe: 'only say what would be removed' });

export const run: CommandModule['run'] = async (session, args) => {
  const dryRun = Boolean(args.dryRun);
  const named = ((args.builds as unknown[] | undefined) ?? []).map((id) => findBuild(String(id)));
  for (const build of named) refuseRunning(build, 'what it makes is in use');
  refuseOtherHosts(named, args.connect as string | undefined);
  // What the mapper device-mapper left is on this host, whatever libvirt says; what fails there keeps nothing of libvirt's.
  const here: HostCleaned[] = [];
  const failed = named.length > 0 ? [] : await failures(() => cleanHost({ dryRun }, here));
  if (!session.json) for (const line of here.flatMap((one) => text(one, dryRun))) session.print(line);
  const connection = await session.connection(named[0]?.uri);
  const builds = named.length > 0 ? named : [...listBuilds(), ...listBuilds(clonesDirectory())];
  const forgetful = named.length > 0;
  const resumable = Boolean(args.resumable) || forgetful;
  const cleaned: Cleaned[] = [];
  try {
    const o = { dryRun, resumable, forgetful };
    failed.push(...(await failures(() => cleanBuilds(connection, builds, o, cleaned))));
    throwTogether(failed);
  } finally {
    if (session.json) session.print(document(connection.uri, dryRun, [...here, ...cleaned]));
    else for (const line of cleaned.flatMap((one) => text(one, dryRun))) session.print(line);
  }
  if (!dryRun) forgetClones();
  if (session.json) return 0;
  if (!cleaned.some((one) => text(one, dryRun).length > 0))
    session.print(`nothing is left of dead builds on ${connection.uri}`);
  for (const line of elsewhere(builds, connection.uri)) session.print(line);
  return 0;
};

/** What the work throws of VappErrors; each of those that were thrown together. */
async function failures(work: () => Promise<unknown>): Promise<VappError[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof VappErrors) return [...error.errors];
    if (error instanceof VappError) return [error];
    throw error;
  }
}

/** One call has one connection, and a build of another host would be left as it is without a word. */
function refuseOtherHosts([first, ...more]: readonly BuildRecord[], connect: string | undefined): void {
  if (!first) return;
  const uri = connect ?? first.uri;
  const other = [first, ...more].find((build) => build.uri !== uri);
  if (!other) return;
  throw new VappError('VAPP_USAGE', `build ${other.id} is on ${other.uri}`, {
    why: `what it left is there, and not on ${uri}`,
    hint: `vapp clean ${other.id}`,
  });
}

const document = (uri: string, dryRun: boolean, cleaned: readonly Cleaned[]): string =>
  JSON.stringify({ v: 1, uri, dryRun, cleaned });

function text({ build, resource, outcome, reason }: Cleaned, dryRun: boolean): string[] {
  const what = `${describe(resource)} of ${build}`;
  switch (outcome) {
    case 'absent':
      return reason ? [`${dryRun ? 'would give' : 'gave'} up ${what}: ${reason}`] : [];
    case 'removed':
      return [`${dryRun ? 'would remove' : 'removed'} ${what}`];
    case 'kept':
    case 'unreachable':
      return [`kept ${what}: ${reason}`];
    case 'resumable':
      return [`kept ${what}: ${reason}`, `→ ${resumeHint(build)}, or vapp clean ${build} to remove it`];
  }
}

function elsewhere(builds: readonly BuildRecord[], uri: string): string[] {
  const others = builds.filter((build) => build.uri !== uri && leftovers(build.entries).length > 0);
  return [...new Set(others.map((build) => build.uri))].map(
    (other) => `builds on ${other} left something too → vapp clean --connect ${shellWord(other)}`,
  );
}
