import type { BuildOptions } from '../../build/context.js';
import type { BuildRecord } from '../../build/records/records.js';
import { type ResumeRequest, resumption } from '../../build/resume/resumption.js';
import { VappError } from '../../errors.js';
import { portableSpec } from '../../spec/restore.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import type { Session } from '../session.js';
import { readSpec } from '../spec-file.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .option('detach', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'leave it to go on by itself',
    })
    .option('name', { type: 'string', requiresArg: true, describe: 'another name for the template' })
    .option('force', { type: 'boolean', describe: 'replace a template of the same name' })
    .option('keep', { type: 'boolean', describe: 'leave guest and volumes if it fails, to look at' });

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  refuseOtherHost(build, args.connect);
  const spec = args.spec === undefined ? undefined : readSpec(String(args.spec));
  const request = resumption(build, { ...(spec && { spec }), options: changed(args) });
  if (args.detach) await detach(session, build, request);
  else await stay(session, build, request);
  return 0;
};

/** The options that were given; all others are those of the build. */
const changed = ({ name, force, keep }: Record<string, unknown>): Partial<BuildOptions> => ({
  ...(name !== undefined && { name: String(name) }),
  ...(force !== undefined && { force: Boolean(force) }),
  ...(keep !== undefined && { keep: Boolean(keep) }),
});

function refuseOtherHost({ id, uri }: BuildRecord, connect: unknown): void {
  if (connect === undefined || connect === uri) return;
  throw new VappError('VAPP_USAGE', `build ${id} is on ${uri}`, {
    why: 'its disk is there, and it can be resumed nowhere else',
    hint: `vapp resume ${id}`,
  });
}

async function stay(session: Session, { id, uri }: BuildRecord, request: ResumeRequest): Promise<void> {
  const [{ runBuild }, { doneText }] = await Promise.all([
    import('../run-build.js'),
    import('../outcome.js'),
  ]);
  await session.connection(uri);
  await session.startReporting();
  const template = await runBuild(session, { id, ...request });
  await session.endReporting();
  if (!session.json) session.print(doneText(template, uri));
}

async function detach(session: Session, { id, uri }: BuildRecord, request: ResumeRequest): Promise<void> {
  const { startWorker } = await import('../detach.js');
  const { tellDetached } = await import('../detached.js');
  const { resolved, specText, options } = request;
  const spec = portableSpec(resolved, specText);
  const logLevel = session.logLevel && { logLevel: session.logLevel };
  const worker = await startWorker(
    { id, spec, options, connect: uri, ...logLevel, resume: true },
    session.signal,
  );
  tellDetached(session, id, worker);
}
