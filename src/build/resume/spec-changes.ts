import { VappError } from '../../errors.js';
import type { Appliance, ResolvedSpec } from '../../spec/appliance.js';
import type { LateStage } from '../records/resume-point.js';

/**
 * The first stage that uses a value of the spec, where that is not the installation: `prepare` is done again by each resume.
 * What is in none of these lists is on the disk already.
 */
const usedFrom: Readonly<Partial<Record<keyof Appliance, 'prepare' | LateStage>>> = {
  proxy: 'prepare',
  memory: 'verify',
  cpus: 'verify',
  appliance: 'publish',
};

// The same password has another hash each time that it is read.
const comparable = (value: unknown): string | undefined =>
  JSON.stringify(value, (key, part) => (key === 'passwordHash' ? part !== undefined : part));

/**
 * The first stage that has to be done again with a changed spec; undefined when the changes concern none. Throws
 * VAPP_RESUME_SPEC when the finished installation has used what was changed.
 */
export function firstAffected(before: Appliance, now: ResolvedSpec): LateStage | undefined {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now.appliance)])] as (keyof Appliance)[];
  const changed = keys.filter((key) => comparable(before[key]) !== comparable(now.appliance[key]));
  const consumed = changed.filter((key) => usedFrom[key] === undefined);
  if (consumed.length > 0) throw unsound(now, consumed);
  return (['verify', 'publish'] as const).find((stage) => changed.some((key) => usedFrom[key] === stage));
}

const asInSpec = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function unsound(now: ResolvedSpec, keys: readonly (keyof Appliance)[]): VappError {
  const names = keys.map(asInSpec);
  const at = names.map((name) => now.locate(name)).find(Boolean);
  return new VappError(
    'VAPP_RESUME_SPEC',
    `the installation that is finished has used another ${names.join(', ')}`,
    {
      why: `only ${Object.keys(usedFrom).join(', ')} can be changed once the system is on the disk`,
      hint: `vapp build ${now.file}`,
      ...(at && { at }),
    },
  );
}
