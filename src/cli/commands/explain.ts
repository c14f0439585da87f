import { VappError } from '../../errors.js';
import { explain, specKeys } from '../../spec/index.js';
import { nearest } from '../../spec/near.js';
import type { CommandModule } from '../command.js';
import { readSpec } from '../spec-file.js';
import { table } from '../table.js';

export const run: CommandModule['run'] = async (session, args) => {
  const key = args.key === undefined ? undefined : String(args.key);
  const rows = explain(readSpec(String(args.spec)).resolved, key);
  if (key !== undefined && rows.length === 0) throw nothingToExplain(key, String(args.spec));
  if (session.json) {
    session.print(JSON.stringify({ v: 1, keys: rows }));
    return 0;
  }
  if (key === undefined) {
    session.print(
      table(
        ['KEY', 'VALUE', 'FROM'],
        rows.map((row) => [row.key, row.value, row.origin]),
      ),
    );
    return 0;
  }
  for (const row of rows) {
    session.print(
      `${row.key} = ${row.value}\n  type       ${row.type}\n  from       ${row.origin}\n  what       ${row.help}`,
    );
    if (row.questions.length > 0) session.print(`  questions  ${row.questions.join(', ')}`);
  }
  return 0;
};

/** A key that does not exist, or one of a user that the spec does not have. */
function nothingToExplain(key: string, spec: string): VappError {
  const names = Object.keys(specKeys);
  const general = key.replace(/\[\d*\]/g, '[]');
  const exists = names.some(
    (name) => name.startsWith(general) && /^([.[]|$)/.test(name.slice(general.length)),
  );
  const near = nearest(general, names);
  return new VappError('VAPP_USAGE', exists ? `the spec has no ${key}` : `there is no key ${key}`, {
    why: exists ? 'nobody is listed there' : 'specs have no such key',
    hint: near && !exists ? `vapp explain ${spec} ${near}` : `vapp explain ${spec}`,
  });
}
