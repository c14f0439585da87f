import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stages } from '../../src/events.js';
import { exitStatuses } from '../../src/report/exit-status.js';
// @ts-expect-error: run by Node as it is.
import { writeReport } from './report.mjs';
// @ts-expect-error: run by Node as it is.
import { rows } from './rows.mjs';

interface Row {
  name: string;
  stages: string[];
  expect: { status: number[]; says: RegExp };
}
const matrix = rows as Row[];

test('each row has a name of its own, stages that there are, and statuses that vapp has', () => {
  expect(new Set(matrix.map(({ name }) => name)).size).toBe(matrix.length);
  const known = [0, 1, ...exitStatuses.map(({ status }) => status)];
  for (const { stages: own, expect: expected } of matrix) {
    expect(own.length).toBeGreaterThan(0);
    for (const stage of own) expect(['start', ...stages]).toContain(stage);
    for (const status of expected.status) expect(known).toContain(status);
  }
});

test('the table has a line for each result, names what was found, and what was not run', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'vapp-matrix-'));
  try {
    const page = join(scratch, 'faults.md');
    writeFileSync(page, 'before\n\n<!-- matrix -->\nold\n<!-- end of matrix -->\nafter\n');
    const good = { cause: 'ok', leaks: 'ok', others: 'ok', second: 'ok' };
    const results = [
      { fault: 'a', stage: 'install', said: 'error: x | y', ...good },
      { fault: 'b', stage: 'verify', said: '', ...good, leaks: 'volumes: z' },
    ];
    writeReport(page, results, [
      { name: 'a', stages: ['install', 'verify', 'publish'] },
      { name: 'c', stages: ['start'] },
      { name: 'b', stages: ['verify'] },
    ]);
    const text = readFileSync(page, 'utf8');
    expect(text).toContain('| a | install | `error: x \\| y` | ok |');
    expect(text).toContain('| b | verify | `the build goes through` | **leaks**: volumes: z |');
    expect(text).toContain('Not run: a (verify, publish); c (start).');
    expect(text).not.toContain('old');
    expect(text).toMatch(/^before[\s\S]*after\n$/);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
