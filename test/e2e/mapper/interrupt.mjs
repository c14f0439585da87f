// Runs vapp and sends it a signal when it begins the command of this number; arguments: signal, number, vapp's own.
// Prints how it ended, and what it said last.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [signal, number, ...args] = process.argv.slice(2);
const child = spawn('vapp', args, { stdio: ['ignore', 'pipe', 'pipe'] });
let begun = 0;
let said = '';
child.stderr.on('data', (chunk) => {
  said += chunk;
});
for await (const line of createInterface({ input: child.stdout })) {
  const event = JSON.parse(line);
  if (event.type !== 'step' || event.state !== 'start') continue;
  if (begun++ === Number(number)) child.kill(signal);
}
if (child.exitCode === null && child.signalCode === null)
  await new Promise((resolve) => child.once('exit', resolve));
console.log(JSON.stringify({ status: child.exitCode, signal: child.signalCode, begun, said }));
