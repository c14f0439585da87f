import { untilOver } from '../../build/records/follow.js';
import { leftovers } from '../../build/records/journal.js';
import { refuseNewer } from '../../build/records/newer.js';
import { type BuildRecord, goesOn } from '../../build/records/records.js';
import { resumeHint, resumePoint } from '../../build/records/resume-point.js';
import { describe } from '../../build/records/scope.js';
import { buildFiles, writeBuildFile } from '../../build/records/workspace.js';
import { throwTogether, VappError } from '../../errors.js';
import { type CommandModule, takingSeveral } from '../command.js';
import { findBuild } from '../find-build.js';
import { deadError } from '../outcome.js';
import type { Session } from '../session.js';
import { cancelSignal } from '../signals.js';

export const options: CommandModule['options'] = takingSeveral;

/** Every build is told to end before any is waited for; one that has ended already keeps none of the others from it. */
export const run: CommandModule['run'] = async (session, args) => {
  const builds = lastFirst((args.builds as unknown[]).map((id) => findBuild(String(id))));
  for (const build of builds) refuseNewer(build);
  const [one, ...more] = builds;
  const show = more.length === 0 && one ? `vapp show ${one.id}` : 'vapp builds';
  session.sayOnSignal(`no longer waiting; what is being cancelled goes on → ${show}`);
  const ends = await Promise.allSettled(builds.map((build) => cancel(session, build)));
  // A signal ends all the waiting with one reason.
  const errors = [
    ...new Set(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))),
  ];
  if (!errors.every((error) => error instanceof VappError)) throw errors[0];
  throwTogether(errors);
  return 0;
};

/** The last begun first: what waits in the queue must not begin because the one before it is ending. */
function lastFirst(builds: readonly BuildRecord[]): BuildRecord[] {
  const each = new Map(builds.map((build) => [build.id, build]));
  return [...each.values()].sort((a, b) => (a.started < b.started ? 1 : -1));
}

async function cancel(session: Session, build: BuildRecord): Promise<void> {
  refuseEnded(build);
  writeBuildFile(build.directory, buildFiles.cancel, '');
  signalBuild(build);
  const over = await untilOver(build.id, session.signal);
  refuseEnded({ ...over, state: over.state === 'cancelled' ? 'running' : over.state });
  const left = leftovers(over.entries);
  if (session.json) session.print(JSON.stringify({ v: 1, id: build.id, state: over.state, leftovers: left }));
  else session.print(text(over, left.map(describe)));
}

const text = (build: BuildRecord, left: readonly string[]): string => {
  const { id, stage } = build;
  const where = stage ? ` in ${stage}` : '';
  if (left.length === 0) return `cancelled ${id}${where}; nothing is left of it`;
  const what = `cancelled ${id}${where}; it left ${left.join(', ')}`;
  return resumePoint(build)
    ? `${what}\n→ ${resumeHint(id)}\n→ vapp clean ${id}`
    : `${what}\n→ vapp clean ${id}`;
};

/** Throws VAPP_BUILD_DEAD or VAPP_BUILD_ENDED for a build that cannot be cancelled any more. */
function refuseEnded(build: BuildRecord): void {
  if (goesOn(build)) return;
  if (build.state === 'dead') throw deadError(build);
  throw new VappError('VAPP_BUILD_ENDED', `build ${build.id} has ended: ${build.state}`, {
    why: build.message ?? 'its template is defined',
    hint: `vapp show ${build.id}`,
  });
}

function signalBuild({ id, pid }: BuildRecord): void {
  try {
    if (pid !== undefined) process.kill(pid, cancelSignal);
  } catch (cause) {
    // Its end is in the journal, or it is dead.
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new VappError('VAPP_BUILD_SIGNAL', `build ${id} cannot be told to end`, {
      why: `its process ${pid} belongs to another user`,
      hint: `sudo kill ${pid}`,
      cause,
    });
  }
}
