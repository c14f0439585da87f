import { createReadStream, existsSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type BuildRecord, buildFiles, readBuild } from '../../build/workspace.js';
import { VappError } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import { guestLogSink, type LogSink, ownLogSink } from '../log-sink.js';

const kinds = {
  vapp: buildFiles.log,
  syslog: buildFiles.syslog,
  console: buildFiles.console,
  finisher: buildFiles.finisher,
  'finisher-console': buildFiles.finisherConsole,
  verify: buildFiles.verify,
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
  if (!existsSync(file) && !(args.follow && build.state === 'running')) throw noLog(build, kind);
  const sink = kind === 'vapp' && !session.json ? ownLogSink(process.stdout) : guestLogSink(process.stdout);
  let offset = await copy(file, 0, sink);
  while (args.follow && !session.signal.aborted && readBuild(build.id).state === 'running') {
    await changed(build.directory, session.signal);
    offset = await copy(file, offset, sink);
  }
  await copy(file, offset, sink);
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

/** Hands what stands after `offset` to the sink and returns the new end. */
async function copy(file: string, offset: number, sink: LogSink): Promise<number> {
  if (!existsSync(file) || statSync(file).size <= offset) return offset;
  let end = offset;
  for await (const chunk of createReadStream(file, { start: offset }) as AsyncIterable<Buffer>) {
    end += chunk.length;
    sink(chunk);
  }
  return end;
}

/** Waits for a change in the directory, at most a second: the build's process may end without one. */
async function changed(directory: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(directory, done);
    const timer = setTimeout(done, 1000);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      watcher.close();
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
