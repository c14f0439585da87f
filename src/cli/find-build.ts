import { type BuildRecord, listBuilds } from '../build/records/records.js';
import { VappError } from '../errors.js';

/** Finds a build by its id or by the start of it, if only one build begins so. Throws VAPP_BUILD_UNKNOWN. */
export function findBuild(id: string): BuildRecord {
  // A variable of a script that is not set is no build, were there only one.
  const found = id === '' ? [] : listBuilds().filter((build) => build.id.startsWith(id));
  const exact = found.find((build) => build.id === id);
  const [only, ...more] = found;
  if (exact) return exact;
  if (only && more.length === 0) return only;
  throw new VappError('VAPP_BUILD_UNKNOWN', `there is no build ${id === '' ? 'without a name' : id}`, {
    why: only
      ? `${found.length} builds begin so: ${found.map((build) => build.id).join(', ')}`
      : 'no build has this id',
    hint: 'vapp builds',
  });
}
