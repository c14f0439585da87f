// Beside a start: ends its QEMU and removes its files when it is killed before the lab is ready.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readRun } from './run-state.mjs';
import { endRun } from './sweep.mjs';

const own = fileURLToPath(import.meta.url);

/** Starts the watcher. Its standard input ends with this process, however that ends. */
export function watchStart(state, id) {
  const watcher = spawn(process.execPath, [own, state, id], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.stdin.unref();
  watcher.unref();
}

if (process.argv[1] === own) {
  const [state, id] = process.argv.slice(2);
  process.stdin.resume().once('end', async () => {
    const run = readRun(state);
    if (run.record?.id === id && run.state === 'unwatched') await endRun(state, run.record);
  });
}
