import { join } from 'node:path';
import { readOn } from '../build/records/follow.js';
import type { BuildRecord } from '../build/records/records.js';
import { resumeHint, resumePoint } from '../build/records/resume-point.js';
import { buildFiles } from '../build/records/workspace.js';
import { VappError } from '../errors.js';
import { exitStatus } from '../report/exit-status.js';
import { type FailureRecord, recordedError } from '../report/failure-record.js';
import { shellWord } from '../shell-word.js';
import { recordSink } from './log-sink.js';

/** How a build that is over went: its exit status, and its error unless it is done. */
export interface Outcome {
  status: number;
  error?: VappError;
}

/** The outcome as the build's log tells it, else, where the log could not be written, as the journal does. */
export async function outcomeOf(build: BuildRecord): Promise<Outcome> {
  if (build.state === 'done') return { status: 0 };
  if (build.state === 'dead') return outcomeOfError(deadError(build));
  const failure = await loggedFailure(build);
  if (failure) return { status: failure.status, error: recordedError(failure) };
  const code = (build.code ?? 'VAPP_INTERNAL') as `VAPP_${string}`;
  return outcomeOfError(new VappError(code, build.message ?? 'the build failed'));
}

/** VAPP_BUILD_DEAD: nobody is left who could say what happened. */
export const deadError = (build: BuildRecord): VappError =>
  new VappError('VAPP_BUILD_DEAD', `build ${build.id} is dead`, {
    why: `its process is gone without an end${build.stage ? `, in the stage ${build.stage}` : ''}`,
    hint: resumePoint(build) ? resumeHint(build.id) : cleanHint(build),
  });

/** What removes what the build left, on the host where it is. */
export const cleanHint = ({ uri }: BuildRecord): string =>
  uri ? `vapp clean --connect ${shellWord(uri)}` : 'vapp clean';

/** Lines to end with when a build has failed. */
export const aboutFailed = (build: BuildRecord): string[] => [
  `everything about this build is in ${build.directory}`,
  `→ vapp show ${build.id}`,
  ...(resumePoint(build) ? [`→ ${resumeHint(build.id)}`] : []),
];

const outcomeOfError = (error: VappError): Outcome => ({ status: exitStatus(error), error });

/** The error of the build's last run: an earlier one may have left the only error that could be logged. */
async function loggedFailure(build: BuildRecord): Promise<FailureRecord | undefined> {
  const since = lastBegin(build);
  let failure: FailureRecord | undefined;
  const sink = recordSink(({ at, event }) => {
    if (event.type === 'error' && at >= since) failure = event;
  });
  await readOn(join(build.directory, buildFiles.log), 0, sink);
  return failure;
}

/** Milliseconds; 0 when the clock was set back since, so that times tell nothing. */
function lastBegin({ entries, ended = '' }: BuildRecord): number {
  const begin = entries.findLast(({ op }) => op === 'begin')?.at ?? '';
  return Date.parse(ended) < Date.parse(begin) ? 0 : Date.parse(begin) || 0;
}

/** What to say of a build that is done. */
export const doneText = (template: string, uri: string): string =>
  `${template} is a template on ${uri} → vapp clone ${template} ${template}-1 --start`;
