import { explain } from '../../spec/index.js';
import type { CommandModule } from '../command.js';
import { readSpec } from '../spec-file.js';
import { table } from '../table.js';

export const run: CommandModule['run'] = async (session, args) => {
  const key = args.key === undefined ? undefined : String(args.key);
  const rows = explain(readSpec(String(args.spec)), key);
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
