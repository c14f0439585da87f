import { VappError } from '../../errors.js';
import { type ExplainRow, explain, specKeys } from '../../spec/index.js';
import { nearest } from '../../spec/near.js';
import type { CommandModule } from '../command.js';
import { readSpec } from '../spec-file.js';
import { table } from '../table.js';

export const run: CommandModule['run'] = async (session, args) => {
  const key = args.key === undefined ? undefined : String(args.key);
  const rows = explain(readSpec(String(args.spec)).resolved, key);
  if (key !== undefined) checkKey(key, String(args.spec));
  if (session.json) session.print(JSON.stringify({ v: 1, keys: rows }));
  else if (key === undefined) session.print(overview(rows));
  else session.print(rows.map(details).join('\n') || `${key} = none`);
  return 0;
};

const overview = (rows: readonly ExplainRow[]): string =>
  table(
    ['KEY', 'VALUE', 'FROM'],
    rows.map((row) => [row.key, row.value, row.origin]),
  );

const details = (row: ExplainRow): string =>
  [
    `${row.key} = ${row.value}`,
    `  type       ${row.type}`,
    `  from       ${row.origin}`,
    `  what       ${row.help}`,
    ...(row.questions.length > 0 ? [`  questions  ${row.questions.join(', ')}`] : []),
  ].join('\n');

/** Throws VAPP_USAGE for a key that no spec can have. */
function checkKey(key: string, spec: string): void {
  const names = Object.keys(specKeys);
  const general = key.replace(/\[\d*\]/g, '[]');
  if (names.some((name) => name.startsWith(general) && /^([.[]|$)/.test(name.slice(general.length)))) return;
  const near = nearest(general, names);
  throw new VappError('VAPP_USAGE', `there is no key ${key}`, {
    why: 'specs have no such key',
    hint: near ? `did you mean vapp explain ${spec} ${near}?` : `vapp explain ${spec}`,
  });
}
