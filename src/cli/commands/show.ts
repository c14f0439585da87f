import { readdirSync } from 'node:fs';
import { leftovers } from '../../build/records/journal.js';
import { type BuildRecord, goesOn } from '../../build/records/records.js';
import { type ResumePoint, resumeHint, resumePoint } from '../../build/records/resume-point.js';
import { describe } from '../../build/records/scope.js';
import type { VappError } from '../../errors.js';
import { cleanLine } from '../../report/untrusted.js';
import type { CommandModule } from '../command.js';
import { findBuild } from '../find-build.js';
import { cleanHint, outcomeOf } from '../outcome.js';
import { resumableDocument } from '../resumable.js';

export const run: CommandModule['run'] = async (session, args) => {
  const build = findBuild(String(args.build));
  const files = readdirSync(build.directory).sort();
  const left = leftovers(build.entries);
  const point = resumePoint(build);
  if (session.json) {
    const resumable = point && { resumable: resumableDocument(point) };
    session.print(JSON.stringify({ v: 1, ...build, ...resumable, files, leftovers: left }));
  } else session.print(text(build, { files, left: left.map(describe), point, error: await errorOf(build) }));
  return 0;
};

const errorOf = async (build: BuildRecord): Promise<VappError | undefined> =>
  build.state === 'failed' || build.state === 'cancelled' ? (await outcomeOf(build)).error : undefined;

interface Around {
  files: readonly string[];
  /** What it left. */
  left: readonly string[];
  error: VappError | undefined;
  point: ResumePoint | undefined;
}

function text(build: BuildRecord, { files, left, error, point }: Around): string {
  const lines = [
    `build    ${build.id}`,
    `state    ${build.state}${build.stage && build.state !== 'done' ? ` in ${build.stage}` : ''}`,
    `uri      ${build.uri}`,
    `started  ${build.started}`,
    ...(build.ended ? [`ended    ${build.ended}`] : []),
    ...(goesOn(build) ? [`process  ${build.pid}`, `         → vapp attach ${build.id}`] : []),
    ...(error ? errorLines(error) : []),
    ...stageLines(build),
    `files    ${build.directory}`,
    ...files.map((file) => `         ${file}`),
  ];
  if (!goesOn(build) && left.length > 0)
    lines.push(
      `left     ${left.join(', ')}`,
      `         → ${point ? `vapp clean ${build.id}` : cleanHint(build)}`,
    );
  if (point) {
    lines.push(`resume   from ${point.from}; vapp clean leaves it the disk until ${point.until}`);
    lines.push(`         → ${resumeHint(build.id)}`);
  }
  return lines.join('\n');
}

const errorLines = ({ code, message, why, hint }: VappError): string[] =>
  [`${code}: ${message}`, ...(why ? [why] : []), ...(hint ? [`→ ${hint}`] : [])].map(
    (line, index) => `${(index === 0 ? 'error' : '').padEnd(9)}${cleanLine(line)}`,
  );

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
