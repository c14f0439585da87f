// totals.mjs DIRECTORY STATUS…: adds vitest's JSON reports, and names what failed once more: of a long output often only the end
// is kept. A command that failed without a failed test (a compiler, a linter, a runner that crashed) counts as one failed test.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const MESSAGE_LINES = 12;

const [directory, ...statuses] = process.argv.slice(2);
const files = readdirSync(directory).flatMap((name) => {
  const report = JSON.parse(readFileSync(join(directory, name), 'utf8'));
  return report.testResults.map((result) => ({ ...result, name: relative('.', result.name) }));
});

/** What failed in a file, each with its message. A file that cannot be loaded has no tests that could fail: it counts as one. */
function failures(file) {
  const tests = file.assertionResults;
  if (file.status === 'failed' && tests.length === 0) return [[file.name, file.message ?? '']];
  const failed = tests.filter((test) => test.status === 'failed');
  return failed.map((test) => [`${file.name}: ${test.fullName}`, test.failureMessages.join('\n')]);
}

const failed = files.flatMap(failures);
for (const [name, message] of failed) {
  const lines = message.split('\n').slice(0, MESSAGE_LINES);
  process.stdout.write(`FAILED ${name}\n${lines.map((line) => `    ${line}\n`).join('')}`);
}
const passed = files.flatMap((file) => file.assertionResults).filter((test) => test.status === 'passed');
const count = failed.length || statuses.filter((status) => status !== '0').length;
process.stdout.write(`${passed.length} passed, ${count} failed\n`);
process.exitCode = count > 0 ? 1 : 0;
