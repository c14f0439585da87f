import { listTagged } from '../template/index.js';
import { cleanBuilds } from './clean.js';
import type { BuildContext } from './context.js';
import { readBuild } from './records.js';
import { telling } from './unwind.js';

/** Removes guests and volumes of a run that was killed, or that `--keep` left. The disk is spared, as it can be resumed. */
export async function clearRest({ connection, id }: BuildContext): Promise<void> {
  await cleanBuilds(connection, [{ ...readBuild(id), state: 'failed' }], { dryRun: false, claimed: true });
}

/**
 * Name of the template that an earlier run of the build has defined, if its process was killed before it could write that down;
 * what else that run left is removed then.
 */
export async function templateOfEarlierRun(context: BuildContext): Promise<string | undefined> {
  const { connection, emit, id } = context;
  const tagged = await listTagged(connection);
  const template = tagged.find(({ metadata }) => metadata.kind === 'template' && metadata.build === id);
  if (!template) return undefined;
  emit({
    type: 'notice',
    text: `the template ${template.name} is there: build ${id} is done, and was killed before it wrote that down`,
  });
  await telling(emit, () => clearRest(context));
  return template.name;
}
