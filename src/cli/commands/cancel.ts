import { untilOver } from '../../build/follow.js';
import { leftovers } from '../../build/journal.js';
import { refuseNewer } from '../../build/newer.js';
import { resumeHint, resumePoint } from '../../build/resume-point.js';
import { describe } from '../../build/scope.js';
import { type BuildRecord, buildFiles, goesOn, writeBuildFile } from '../../build/workspace.js';
import { VappError } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import { deadError } from '../outcome.js';
import { cancelSignal } from '../signals.js';

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  refuseEnded(build);
  refuseNewer(build);
  writeBuildFile(build.directory, buildFiles.cancel, '');
  signalBuild(build);
  session.sayOnSignal(`no longer waiting; the build is being cancelled → vapp show ${build.id}`);
  const over = await untilOver(build.id, session.signal);
  refuseEnded({ ...over, state: over.state === 'cancelled' ? 'running' : over.state });
  const left = leftovers(over.entries);
  if (session.json) session.print(JSON.stringify({ v: 1, id: build.id, state: over.state, leftovers: left }));
  else session.print(text(over, left.map(describe)));
  return 0;
};

const text = (build: BuildRecord, left: readonly string[]): string => {
  const { id, stage } = build;
  const where = stage ? ` in ${stage}` : '';
  if (left.length === 0) return `cancelled ${id}${where}; nothing is left of it`;
  const what = `cancelled ${id}${where}; it left ${left.join(', ')}`;
  return resumePoint(build) ? `${what}\n→ ${resumeHint(id)}\n→ vapp clean ${id}` : `${what}\n→ vapp clean`;
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
