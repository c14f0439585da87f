// npm run test:faults [-- --only TEXT]… [--stage STAGE] [--results FILE] [--report FILE] [--again]
//   [--finished IMAGE] [--quick] [--real]
// Does every fault of rows.mjs in every stage where it applies, on a libvirt host of its own, and writes down what it found. What
// stands in the results is not done again, unless `--again` says so. With the disk of an earlier stand-in (`--finished`) no first build is
// made; a disk that is not there yet is kept under that name. `--quick` does not boot the result of the second or resumed build. `--real`: with
// Debian's installer instead of the stand-in, and a disk that it made; results and `--finished` are then others. As root, for mounts; needs npm run build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { judge, warmUp } from './judge.mjs';
import { writeReport } from './report.mjs';
import { rows } from './rows.mjs';
import { World } from './world.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    stage: { type: 'string' },
    results: { type: 'string', default: 'faults.json' },
    report: { type: 'string' },
    again: { type: 'boolean', default: false },
    finished: { type: 'string' },
    quick: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
  },
});

const matrix = values.real ? rows.map((row) => ({ ...row, ...row.real })) : rows;
const results = existsSync(values.results) ? JSON.parse(readFileSync(values.results, 'utf8')) : [];
const isDone = ({ name }, stage) => results.some((one) => one.fault === name && one.stage === stage);
const wanted = matrix
  .filter(({ name }) => values.only.some((text) => name.includes(text)))
  .flatMap((row) => row.stages.map((stage) => ({ row, stage })))
  .filter(({ stage }) => !values.stage || stage === values.stage)
  .filter(({ row, stage }) => values.again || !isDone(row, stage));

function note(result) {
  const at = results.findIndex(({ fault, stage }) => fault === result.fault && stage === result.stage);
  results.splice(at < 0 ? results.length : at, at < 0 ? 0 : 1, result);
  writeFileSync(values.results, `${JSON.stringify(results, null, 1)}\n`);
}

const isGood = (result) => ['cause', 'leaks', 'others', 'second'].every((check) => result[check] === 'ok');

let bad = 0;
if (wanted.length > 0) {
  const world = await World.make(values);
  let stopped = false;
  const stop = () => {
    if (!stopped) world.end().finally(() => process.exit(130));
    stopped = true;
  };
  // Not once: execa, finding no other listener left, would end this process at once.
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await warmUp(world, values.finished);
    for (const { row, stage } of wanted) {
      const result = await judge(world, row, stage, values);
      note(result);
      if (!isGood(result)) bad++;
      console.log(`${isGood(result) ? 'ok ' : 'BAD'} ${JSON.stringify(result)}`);
    }
  } finally {
    await world.mirror?.end();
    await world.end();
  }
}
if (values.report) writeReport(values.report, results, matrix, values.real ? 'real matrix' : 'matrix');
process.exitCode = bad > 0 ? 1 : 0;
