// Stands in for the process of a build: node fake-build.mjs DIRECTORY [STATE [MILLISECONDS]]. It is in the journal, writes an event,
// and on `vapp cancel` "cleans up" for that long, or until a second cancel, and ends as STATE says (cancelled). Each cancel is written down.
import { appendFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beginJournal } from '../../dist/build/records/workspace.js';
import { createBuildLog } from '../../dist/report/index.js';

const [directory, state = 'cancelled', milliseconds = '300'] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const log = createBuildLog(join(directory, 'build.log'));
const journal = beginJournal(directory, basename(directory), 'test:///default');
let cancelled = 0;
process.on('SIGUSR2', () => {
  appendFileSync(join(directory, 'signals'), `${++cancelled}\n`);
  if (cancelled === 1) setTimeout(end, Number(milliseconds));
  if (cancelled === 2) setTimeout(end, 300);
});
let ending = false;
async function end() {
  if (ending) return;
  ending = true;
  const reason = { code: 'VAPP_CANCELLED_COMMAND', message: 'cancelled by vapp cancel' };
  if (state === 'done') log.emit({ type: 'result', template: 'web', uri: 'test:///default', seconds: 1 });
  else log.fail(Object.assign(new Error(reason.message), reason));
  journal.write({ op: 'end', state, ...(state !== 'done' && reason) });
  await log.close();
  process.exit();
}
journal.write({ op: 'stage', stage: 'install', state: 'start' });
log.emit({ type: 'stage', stage: 'install', state: 'start' });
log.emit({ type: 'phase', phase: 'partitioning', percent: 10 });
process.stdout.write('ready\n');
setInterval(() => undefined, 1000);
