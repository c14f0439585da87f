// The table of docs/faults.md, out of the results.
import { readFileSync, writeFileSync } from 'node:fs';

const checks = ['cause', 'leaks', 'others', 'second'];
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const verdict = (result) => {
  const bad = checks.filter((check) => result[check] !== 'ok');
  return bad.length === 0 ? 'ok' : bad.map((check) => `**${check}**: ${result[check]}`).join('; ');
};

const line = (result) =>
  `| ${[result.fault, result.stage, `\`${result.said.trim() || 'the build goes through'}\``, verdict(result)].map(cell).join(' | ')} |`;

/** `fault (stage, stage); fault (stage)` */
function listOf(pairs) {
  const faults = [...new Set(pairs.map(({ fault }) => fault))];
  const stagesOf = (one) => pairs.filter(({ fault }) => fault === one).map(({ stage }) => stage);
  return faults.map((fault) => `${fault} (${stagesOf(fault).join(', ')})`).join('; ');
}

/** Puts the table between the marks of a page, `<!-- NAME -->` and `<!-- end of NAME -->`. Rows that were not run are listed as such. */
export function writeReport(page, results, rows, name = 'matrix') {
  const marks = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const all = rows.flatMap((row) => row.stages.map((stage) => ({ fault: row.name, stage })));
  const found = all.map(({ fault, stage }) =>
    results.find((one) => one.fault === fault && one.stage === stage),
  );
  const missing = all.filter((_, index) => !found[index]);
  const table = [
    '| fault | stage | what vapp says | judged |',
    '| --- | --- | --- | --- |',
    ...found.filter(Boolean).map(line),
    ...(missing.length ? ['', `Not run: ${listOf(missing)}.`] : []),
  ].join('\n');
  const [head, rest = ''] = readFileSync(page, 'utf8').split(marks[0]);
  const tail = rest.split(marks[1])[1] ?? '\n';
  writeFileSync(page, `${head}${marks[0]}\n\n${table}\n\n${marks[1]}${tail}`);
}
