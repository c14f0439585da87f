import { resolve } from 'node:path';
import type { BuildOptions } from '../../build/context.js';
import { newBuildId } from '../../build/workspace.js';
import { portableSpec } from '../../spec/restore.js';
import type { CommandModule } from '../command.js';
import { addPlanOptions, planOptions } from '../plan-options.js';
import type { Session } from '../session.js';
import { readSpec } from '../spec-file.js';

export const options: CommandModule['options'] = (yargs) =>
  addPlanOptions(yargs)
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

export const run: CommandModule['run'] = async (session, args) => {
  const spec = readSpec(String(args.spec));
  const build = { keep: Boolean(args.keep), force: Boolean(args.force), ...planOptions(args) };
  if (args.detach) await detach(session, spec, build, args.connect as string | undefined);
  else await stay(session, spec, build);
  return 0;
};

async function stay(session: Session, { text, resolved }: Spec, options: BuildOptions): Promise<void> {
  const [{ runBuild }, { doneText }] = await Promise.all([
    import('../run-build.js'),
    import('../outcome.js'),
  ]);
  const connection = await session.connection();
  await session.startReporting();
  const id = newBuildId(resolved.appliance.appliance);
  const template = await runBuild(session, { id, resolved, specText: text, options });
  await session.endReporting();
  if (!session.json) session.print(doneText(template, connection.uri));
}

async function detach(
  session: Session,
  { text, resolved }: Spec,
  options: BuildOptions,
  connect: string | undefined,
): Promise<void> {
  const { startWorker } = await import('../detach.js');
  const { tellDetached } = await import('../detached.js');
  const id = newBuildId(resolved.appliance.appliance);
  const { domainTemplate } = options;
  const worker = await startWorker(
    {
      id,
      spec: portableSpec(resolved, text),
      options: { ...options, ...(domainTemplate && { domainTemplate: resolve(domainTemplate) }) },
      ...(connect !== undefined && { connect }),
    },
    session.signal,
  );
  tellDetached(session, id, worker);
}
