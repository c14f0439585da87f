import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VappError } from '../../errors.js';
import type { Plan } from '../../plan/plan.js';
import type { BuildContext, BuildOptions } from '../context.js';
import { buildFiles, writeBuildFile } from '../records/workspace.js';

/** What the stages after the installation need and the other files of a build do not tell: `resume.json`. No secrets. */
export interface ResumeRecord {
  v: 1;
  /** Path of the spec. */
  file: string;
  options: BuildOptions;
  /** The finisher's kernel and the common part of its initrd, in the cache. */
  kernel: string;
  finisherInitrd: string;
  traces: string[];
}

/** Writes the record, and beside it the domain template, which may be a user's own. */
export function writeResumeRecord(
  { directory, resolved, options }: BuildContext,
  o: Pick<Kept, 'kernel' | 'finisherInitrd' | 'traces' | 'domainTemplate'>,
): void {
  const { kernel, finisherInitrd, traces } = o;
  const record: ResumeRecord = { v: 1, file: resolved.file, options, kernel, finisherInitrd, traces };
  writeBuildFile(directory, buildFiles.domainTemplate, o.domainTemplate);
  writeBuildFile(directory, buildFiles.resume, JSON.stringify(record, null, 2));
}

export interface Kept extends ResumeRecord {
  plan: Plan;
  specText: string;
  domainTemplate: string;
}

/** Reads back what `prepare` wrote. Throws VAPP_RESUME_NOTHING when it cannot be read. */
export function readKept(directory: string): Kept {
  try {
    return read(directory);
  } catch (cause) {
    throw new VappError('VAPP_RESUME_NOTHING', `what ${directory} says of the build cannot be read`, {
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'build again; vapp clean, with the id of this build, removes what it left',
      cause,
    });
  }
}

function read(directory: string): Kept {
  const text = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const record = JSON.parse(text(buildFiles.resume)) as ResumeRecord;
  const plan = JSON.parse(text(buildFiles.plan)) as Plan;
  return {
    ...record,
    plan,
    specText: text(buildFiles.spec),
    domainTemplate: text(buildFiles.domainTemplate),
  };
}
