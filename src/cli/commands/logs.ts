import { createReadStream, existsSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { buildFiles, readBuild } from '../../build/workspace.js';
import { VappError } from '../../errors.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';

const kinds = {
  syslog: buildFiles.syslog,
  console: buildFiles.console,
  finisher: buildFiles.finisher,
  verify: buildFiles.verify,
  vapp: buildFiles.log,
};

export const options: CommandModule['options'] = (yargs) =>
  yargs
    .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'go on until the build ends' })
    .option('log', { choices: Object.keys(kinds), default: 'syslog', describe: 'which log' });

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  const file = join(build.directory, kinds[args.log as keyof typeof kinds]);
  if (!existsSync(file) && !args.follow) {
    throw new VappError('VAPP_BUILD_NO_LOG', `build ${build.id} has no ${args.log} log`, {
      why: `it did not get that far: ${build.state}${build.stage ? ` in ${build.stage}` : ''}`,
      hint: `vapp show ${build.id}`,
    });
  }
  let offset = await copy(file, 0);
  while (args.follow && !session.signal.aborted && readBuild(build.id).state === 'running') {
    await changed(build.directory, session.signal);
    offset = await copy(file, offset);
  }
  await copy(file, offset);
  return 0;
};

/** Copies what stands after `offset` to standard output and returns the new end. */
async function copy(file: string, offset: number): Promise<number> {
  if (!existsSync(file) || statSync(file).size <= offset) return offset;
  const stream = createReadStream(file, { start: offset });
  let end = offset;
  for await (const chunk of stream) {
    end += (chunk as Buffer).length;
    process.stdout.write(chunk as Buffer);
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
