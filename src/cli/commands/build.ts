import { resolve } from 'node:path';
import type { BuildOptions } from '../../build/context.js';
import { newBuildId } from '../../build/records/workspace.js';
import { throwTogether, VappError, VappErrors } from '../../errors.js';
import { portableSpec } from '../../spec/restore.js';
import { type CommandModule, takingSeveral } from '../command.js';
import { addPlanOptions, planOptions } from '../plan-options.js';
import type { Session } from '../session.js';
import { readSpec } from '../spec-file.js';
import { countOption } from '../units.js';

export const options: CommandModule['options'] = (yargs) =>
  addPlanOptions(takingSeveral(yargs))
    .option('jobs', {
      alias: 'j',
      type: 'string',
      requiresArg: true,
      describe: 'how many builds of yours may run at once on this host; as many as it carries unless told',
    })
    .option('detach', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'print the build’s id and leave it to build by itself',
    })
    .option('force', { type: 'boolean', default: false, describe: 'replace a template of the same name' })
    .option('keep', {
      type: 'boolean',
      default: false,
      describe: 'leave guest and volumes of a failed build to look at; vapp clean removes them',
    });

type Spec = ReturnType<typeof readSpec>;

interface Order extends Spec {
  id: string;
  specText: string;
  options: BuildOptions;
}

export const run: CommandModule['run'] = async (session, given) => {
  const args = lastOfEach(given);
  const jobs = countOption('jobs', args.jobs);
  const options = { keep: Boolean(args.keep), force: Boolean(args.force), ...planOptions(args) };
  const orders = readAll((given.specs as unknown[]).map(String)).map((spec): Order => {
    return { ...spec, id: newBuildId(spec.resolved.appliance.appliance), specText: spec.text, options };
  });
  refuseOneName(orders);
  if (args.detach) await detach(session, orders, { jobs, connect: args.connect as string | undefined });
  else if (orders.length > 1)
    return await (await import('../run-builds.js')).runBuilds(session, orders, jobs);
  else await stay(session, orders[0]!, jobs);
  return 0;
};

const lastOfEach = (args: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );

/** All specs, or all that is wrong with them. */
function readAll(files: readonly string[]): Spec[] {
  const errors: VappError[] = [];
  const specs = files.flatMap((file) => {
    try {
      return [readSpec(file)];
    } catch (error) {
      if (!(error instanceof VappError)) throw error;
      errors.push(...(error instanceof VappErrors ? error.errors : [error]));
      return [];
    }
  });
  throwTogether(errors);
  return specs;
}

function refuseOneName(orders: readonly Order[]): void {
  const seen = new Map<string, string>();
  for (const { resolved, options } of orders) {
    const name = options.name ?? resolved.appliance.appliance;
    const other = seen.get(name);
    if (other !== undefined) {
      throw new VappError('VAPP_NAME_BUILDING', `two of these builds would make the template ${name}`, {
        why: `${other} and ${resolved.file}`,
        hint: 'name them differently (appliance:), or build one of them with --name',
      });
    }
    seen.set(name, resolved.file);
  }
}

async function stay(session: Session, order: Order, jobs: number | undefined): Promise<void> {
  const [{ runBuild }, { doneText }] = await Promise.all([
    import('../run-build.js'),
    import('../outcome.js'),
  ]);
  const { uri } = await session.connection();
  await session.startReporting();
  const template = await runBuild(session, { ...order, ...(jobs && { jobs }) });
  await session.endReporting();
  if (!session.json) session.print(doneText(template, uri));
}

async function detach(
  session: Session,
  orders: readonly Order[],
  { jobs, connect }: { jobs: number | undefined; connect: string | undefined },
): Promise<void> {
  const { startWorker } = await import('../detach.js');
  const { tellDetached } = await import('../detached.js');
  const refused: VappError[] = [];
  for (const { id, resolved, specText, options } of orders) {
    const { domainTemplate } = options;
    const order = {
      id,
      spec: portableSpec(resolved, specText),
      options: { ...options, ...(domainTemplate && { domainTemplate: resolve(domainTemplate) }) },
      ...(connect !== undefined && { connect }),
      ...(jobs && { jobs }),
      ...(session.logLevel && { logLevel: session.logLevel }),
    };
    try {
      tellDetached(session, id, await startWorker(order, session.signal));
    } catch (error) {
      // Those before it are on their way already; the others have a right to be, too.
      if (!(error instanceof VappError) || session.signal.aborted) throw error;
      refused.push(error);
    }
  }
  throwTogether(refused);
}
