// What a build in the foreground does on a terminal: node in-terminal.mjs FILE. It draws, and once it is cancelled it says so, "cleans up", and
// writes the reason to FILE.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession } from '../../dist/cli/session.js';

const [file] = process.argv.slice(2);
const session = openSession({ output: 'live' });
await session.startReporting();
const drawing = setInterval(() => session.emit({ type: 'phase', phase: 'partitioning', percent: 10 }), 20);
writeFileSync(file, 'drawing\n');
await new Promise((resolve) => session.signal.addEventListener('abort', resolve));
await sleep(300);
clearInterval(drawing);
await session.endReporting();
process.stderr.write(`error: ${session.signal.reason.message}\n`);
await sleep(300);
writeFileSync(file, `${session.signal.reason.code}\n`);
process.exit();
