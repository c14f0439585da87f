import { VappError } from '../../errors.js';
import { version } from '../../version.js';
import type { BuildRecord } from './records.js';

/** The error for whoever would act upon a journal that this vapp does not understand. */
export const newerError = ({ id, newer }: BuildRecord): VappError =>
  new VappError('VAPP_BUILD_NEWER', `build ${id} is of a newer vapp`, {
    why: `vapp ${newer} wrote its journal in a form that this one, ${version}, does not know`,
    hint: `take vapp ${newer} for it; vapp logs and vapp wait work all the same`,
  });

/** Throws VAPP_BUILD_NEWER for a build that only a newer vapp may change. */
export function refuseNewer(build: BuildRecord): void {
  if (build.newer !== undefined) throw newerError(build);
}
