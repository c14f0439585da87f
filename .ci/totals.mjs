// totals.mjs DIRECTORY STATUS…: adds vitest's JSON reports. A command that failed without a failed test (a compiler, a linter,
// a runner that crashed) counts as one failed test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory, ...statuses] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const file of readdirSync(directory)) {
  const report = JSON.parse(readFileSync(join(directory, file), 'utf8'));
  passed += report.numPassedTests;
  // A file that cannot be loaded has no tests that could fail.
  const broken = report.testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  );
  failed += report.numFailedTests + broken.length;
}
if (failed === 0) failed = statuses.filter((status) => status !== '0').length;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
