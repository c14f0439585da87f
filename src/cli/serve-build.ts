import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { diskFailure } from '../build/disk-failure.js';
import { readBuild } from '../build/records/records.js';
import { buildFiles, buildsDirectory } from '../build/records/workspace.js';
import { resumption } from '../build/resume/resumption.js';
import { exitStatus, failureRecord } from '../report/index.js';
import { restoreSpec } from '../spec/restore.js';
import type { BuildJob, WorkerReport } from './detach.js';
import { type BuildRun, runBuild } from './run-build.js';
import { openSession } from './session.js';

/**
 * Takes one job from the process that started this one, builds, and sets the exit status. SIGHUP is ignored: the terminal
 * that it speaks of is none of the build's business. `stages` as in BuildRequest.
 */
export async function serveBuild(stages?: BuildRun['stages']): Promise<void> {
  const [job] = (await once(process, 'message')) as [BuildJob];
  const connect = job.connect !== undefined && { connect: job.connect };
  const logLevel = job.logLevel && { logLevel: job.logLevel };
  await using session = openSession({ ...connect, ...logLevel }, { ignored: ['SIGHUP'] });
  try {
    await runBuild(session, {
      id: job.id,
      ...requestOf(job),
      ...(job.jobs && { jobs: job.jobs }),
      onBegun: () => report({ type: 'begun' }),
      ...(stages && { stages }),
    });
  } catch (cause) {
    const error = diskFailure(cause) ?? cause;
    report(failureRecord(error));
    process.exitCode = exitStatus(error);
  } finally {
    forgetSilence(join(buildsDirectory(), job.id, buildFiles.worker));
  }
}

function requestOf({ id, spec, options, resume }: BuildJob) {
  const given = { text: spec.text, resolved: restoreSpec(spec) };
  if (resume) return resumption(readBuild(id), { spec: given, options });
  return { resolved: given.resolved, specText: given.text, options };
}

/** Node itself had nothing to say, so there is no log of it. */
function forgetSilence(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.size === 0) rmSync(file, { force: true });
}

/** Only the first report is waited for; the one who waited may be gone, too. */
function report(word: WorkerReport): void {
  if (!process.connected) return;
  process.send?.(word, undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}
