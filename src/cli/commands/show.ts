import { readdirSync } from 'node:fs';
import { leftovers } from '../../build/journal.js';
import { describe } from '../../build/scope.js';
import type { BuildRecord } from '../../build/workspace.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  const files = readdirSync(build.directory).sort();
  const left = leftovers(build.entries);
  session.print(
    session.json
      ? JSON.stringify({ v: 1, ...build, files, leftovers: left })
      : text(build, files, left.map(describe)),
  );
  return 0;
};

function text(build: BuildRecord, files: string[], left: string[]): string {
  const lines = [
    `build    ${build.id}`,
    `state    ${build.state}${build.stage && build.state !== 'done' ? ` in ${build.stage}` : ''}`,
    `uri      ${build.uri}`,
    `started  ${build.started}`,
    ...(build.ended ? [`ended    ${build.ended}`] : []),
    ...(build.code ? [`error    ${build.code}: ${build.message}`] : []),
    ...stageLines(build),
    `files    ${build.directory}`,
    ...files.map((file) => `         ${file}`),
  ];
  if (build.state !== 'running' && left.length > 0)
    lines.push(`left     ${left.join(', ')}`, '         → vapp clean');
  return lines.join('\n');
}

function stageLines(build: BuildRecord): string[] {
  const starts = new Map<string, number>();
  return build.entries.flatMap((entry) => {
    if (entry.op !== 'stage') return [];
    if (entry.state === 'start') {
      starts.set(entry.stage, Date.parse(entry.at));
      return [];
    }
    const seconds = (Date.parse(entry.at) - (starts.get(entry.stage) ?? Number.NaN)) / 1000;
    return [`stage    ${entry.stage} ${entry.state} in ${seconds.toFixed(1)} s`];
  });
}
