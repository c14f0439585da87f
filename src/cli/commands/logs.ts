import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isUnderWay, readOn, whileUnderWay } from '../../build/records/follow.js';
import type { BuildRecord } from '../../build/records/records.js';
import { buildFiles } from '../../build/records/workspace.js';
import { VappError } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import { consoleSink, ownLogSink } from '../log-sink.js';

const kinds = {
  vapp: buildFiles.log,
  syslog: buildFiles.syslog,
  console: buildFiles.console,
  finisher: buildFiles.finisher,
  'finisher-console': buildFiles.finisherConsole,
  verify: buildFiles.verify,
  worker: buildFiles.worker,
};
type Kind = keyof typeof kinds;

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'go on until the build ends' })
    .option('log', {
      choices: Object.keys(kinds),
      describe: 'which log; the installer’s syslog if there is one, else vapp’s',
    });

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  const kind = (args.log as Kind | undefined) ?? usualKind(build);
  const file = join(build.directory, kinds[kind]);
  const follow = Boolean(args.follow) && isUnderWay(build);
  if (!existsSync(file) && !follow) throw noLog(build, kind);
  const sink =
    kind === 'vapp' && !session.json
      ? ownLogSink(process.stdout, session.logLevel)
      : consoleSink(process.stdout);
  let offset = 0;
  const look = async (): Promise<void> => {
    offset = await readOn(file, offset, sink);
  };
  session.sayOnSignal(undefined);
  if (follow) await whileUnderWay(build.id, session.signal, look);
  else await look();
  return 0;
};

const usualKind = (build: BuildRecord): Kind =>
  existsSync(join(build.directory, kinds.syslog)) ? 'syslog' : 'vapp';

function noLog(build: BuildRecord, kind: Kind): VappError {
  const there = Object.entries(kinds).flatMap(([name, file]) =>
    existsSync(join(build.directory, file)) ? [name] : [],
  );
  return new VappError('VAPP_BUILD_NO_LOG', `build ${build.id} has no ${kind} log`, {
    why: `it did not get that far: ${build.state}${build.stage ? ` in ${build.stage}` : ''}`,
    hint: there.length > 0 ? `vapp logs --log ${there.join('|')} ${build.id}` : `vapp show ${build.id}`,
  });
}
