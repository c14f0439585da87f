import { createHash } from 'node:crypto';
import { VappError } from '../../errors.js';
import { namesFor } from '../../plan/index.js';
import type { Plan } from '../../plan/plan.js';
import type { ResolvedSpec } from '../../spec/appliance.js';
import { restoreSpec } from '../../spec/restore.js';
import type { BuildOptions } from '../context.js';
import { refuseNewer } from '../records/newer.js';
import { type BuildRecord, goesOn } from '../records/records.js';
import {
  isInstalled,
  type LateStage,
  lateStages,
  type ResumePoint,
  resumePoint,
} from '../records/resume-point.js';
import { type Kept, readKept } from './resume-record.js';
import { firstAffected } from './spec-changes.js';

/** All that a build needs to go on, as its directory tells it. */
export interface Resumption {
  kept: Kept;
  point: ResumePoint;
  /** The stages to run. */
  stages: readonly LateStage[];
  /** The plan of then, with the spec of now. */
  plan: Plan;
  /** The spec of now. */
  specText: string;
}

export interface ResumeRequest {
  resolved: ResolvedSpec;
  specText: string;
  options: BuildOptions;
  resumed: Resumption;
}

/**
 * Finds out how to take a build up again, with another spec or options if they are given. Nothing is changed. Throws
 * VAPP_BUILD_NEWER, VAPP_RESUME_NOTHING, VAPP_RESUME_SPEC, VAPP_PLAN_NAME.
 */
export function resumption(
  build: BuildRecord,
  o: { spec?: { text: string; resolved: ResolvedSpec }; options: Partial<BuildOptions> },
): ResumeRequest {
  refuseNewer(build);
  const point = resumePoint(build);
  if (!point) throw nothing(build);
  const kept = readKept(build.directory);
  const resolved = o.spec?.resolved ?? specOf(kept);
  const affected = firstAffected(kept.plan.appliance, resolved);
  const options = { ...kept.options, ...o.options };
  const { appliance } = resolved;
  const specText = o.spec?.text ?? kept.specText;
  return {
    resolved,
    specText,
    options,
    resumed: {
      kept,
      point,
      specText,
      stages: stagesFrom(point.from, affected),
      plan: { ...kept.plan, appliance, names: namesFor(build.id, options.name ?? appliance.appliance) },
    },
  };
}

const specOf = ({ file, specText: text, plan: { appliance } }: Kept): ResolvedSpec =>
  restoreSpec({
    file,
    text,
    appliance,
    origins: [],
    sha256: createHash('sha256').update(text).digest('hex'),
  });

function stagesFrom(from: LateStage, affected: LateStage = from): readonly LateStage[] {
  const first = Math.min(lateStages.indexOf(from), lateStages.indexOf(affected));
  return lateStages.slice(first);
}

function nothing(build: BuildRecord): VappError {
  return new VappError('VAPP_RESUME_NOTHING', `build ${build.id} cannot be resumed`, {
    why: whyNot(build),
    hint: goesOn(build) ? `vapp attach ${build.id}` : whatElse(build),
  });
}

function whyNot(build: BuildRecord): string {
  const { state, entries, stage = 'prepare' } = build;
  if (goesOn(build)) return `it is ${state}`;
  if (state === 'done') return 'it is done: its template is defined';
  if (isInstalled(entries)) return 'its disk was removed, or it became the disk of a template';
  return `it ended in ${stage}, and half an installation is no ground to go on from`;
}

/** A command of `run` that failed is part of an installation, too: with the line corrected it is a build anew. */
const whatElse = ({ id, state }: BuildRecord): string =>
  state === 'done'
    ? `vapp show ${id}`
    : `vapp build SPEC begins anew; vapp show ${id} tells how this one went`;
