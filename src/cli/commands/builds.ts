import { type BuildRecord, listBuilds } from '../../build/records/records.js';
import { resumeHint, resumePoint } from '../../build/records/resume-point.js';
import { version } from '../../version.js';
import type { CommandModule } from '../command.js';
import { resumableDocument } from '../resumable.js';
import type { Session } from '../session.js';
import { table } from '../table.js';

export const options: CommandModule['options'] = (yargs) =>
  yargs.option('watch', {
    alias: 'w',
    type: 'boolean',
    default: false,
    describe: 'go on showing them, until Ctrl-C',
  });

export const run: CommandModule['run'] = async (session, args) => {
  if (args.watch) {
    const { watchBuilds } = await import('../watch-builds.js');
    await watchBuilds(session, text);
  } else session.print(text(session, listBuilds()));
  return 0;
};

function text({ json }: Pick<Session, 'json'>, builds: readonly BuildRecord[]): string {
  if (json) return JSON.stringify({ v: 1, version, builds: builds.map(document) });
  if (builds.length === 0) return 'There are no builds yet. Start one: vapp build SPEC';
  const lines = table(
    ['BUILD', 'STATE', 'STAGE', 'STARTED', 'URI'],
    builds.map((build) => [build.id, build.state, build.stage ?? '', build.started.slice(0, 19), build.uri]),
  );
  const resumable = builds.filter(resumePoint).map(({ id }) => `can be resumed: ${resumeHint(id)}`);
  return [lines, ...resumable].join('\n');
}

function document({ entries, ...build }: BuildRecord) {
  const point = resumePoint({ ...build, entries });
  return { ...build, ...(point && { resumable: resumableDocument(point) }) };
}
