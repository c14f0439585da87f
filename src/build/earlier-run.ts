import { templateOfBuild } from '../template/index.js';
import { cleanOwn } from './clean/clean.js';
import { telling } from './clean/unwind.js';
import type { BuildContext } from './context.js';

/**
 * Name of the template that an earlier run of the build has defined, if its process was killed before it could write that down;
 * what else that run left is removed then.
 */
export async function templateOfEarlierRun(context: BuildContext): Promise<string | undefined> {
  const { connection, emit, id } = context;
  const template = await templateOfBuild(connection, id);
  if (!template) return undefined;
  emit({
    type: 'notice',
    text: `the template ${template.name} is there: build ${id} is done, and was killed before it wrote that down`,
  });
  await telling(emit, async () => void (await cleanOwn(connection, context)));
  return template.name;
}
