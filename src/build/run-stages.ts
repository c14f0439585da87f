import type { Stage } from '../events.js';
import { holdCache } from './cache/lock.js';
import { tidy } from './clean/unwind.js';
import type { BuildContext } from './context.js';
import { templateOfEarlierRun } from './earlier-run.js';
import { watchGround } from './guest/interference.js';
import { lateStages } from './records/resume-point.js';
import { markDisk } from './resume/disk-stamp.js';
import type { Resumption } from './resume/resumption.js';
import { installBootloader } from './stages/bootloader.js';
import { runInstaller } from './stages/install.js';
import { type Prepared, prepare } from './stages/prepare.js';
import { publish } from './stages/publish.js';
import { restore } from './stages/resume.js';
import { stage } from './stages/stage.js';
import { verify } from './stages/verify.js';

/** What each stage does; `restore` is what `prepare` does for a resumed build. */
const ownStages = { prepare, restore, install: runInstaller, bootloader: installBootloader, verify, publish };
export type BuildStages = typeof ownStages;

/**
 * Goes from the first stage, or from where an earlier run came to (`resumed`), to the template, and gives its name. `lost` is
 * aborted when somebody takes away what the build stands on.
 */
export async function runStages(
  context: BuildContext,
  lost: AbortController,
  { stages: given, resumed }: { stages?: Partial<BuildStages>; resumed?: Resumption },
): Promise<string> {
  const { emit, journal, connection } = context;
  const began = performance.now();
  const stages = { ...ownStages, ...given };
  const ground = watchGround(context, lost);
  try {
    using _cache = await holdCache(context.cache, context);
    const before = resumed && (await templateOfEarlierRun(context));
    const template = before ?? (await madeBy(stages, context, resumed));
    await tidy(context);
    journal.write({ op: 'end', state: 'done' });
    const seconds = (performance.now() - began) / 1000;
    emit({ type: 'result', template, uri: connection.uri, seconds });
    return template;
  } finally {
    ground.end();
  }
}

/** Gives the name of the template. */
async function madeBy(stages: BuildStages, context: BuildContext, resumed?: Resumption): Promise<string> {
  const prepared = resumed
    ? await stage(context, 'prepare', () => stages.restore(context, resumed))
    : await installed(context, stages);
  for (const name of resumed?.stages ?? lateStages) {
    await stage(context, name, () => stages[name](context, prepared), marking(context, name, prepared));
  }
  return prepared.plan.names.template;
}

async function installed(context: BuildContext, stages: BuildStages): Promise<Prepared> {
  const ready = await stage(context, 'prepare', () => stages.prepare(context));
  await stage(context, 'install', () => stages.install(context, ready), marking(context, 'install', ready));
  return ready;
}

const writesDisk: ReadonlySet<Stage> = new Set(['install', 'bootloader']);

/** The state of the disk is written down before a stage that has written to it counts as done. */
const marking = (
  context: BuildContext,
  name: Stage,
  prepared: Prepared,
): (() => Promise<void>) | undefined =>
  writesDisk.has(name) ? () => markDisk(context, prepared) : undefined;
