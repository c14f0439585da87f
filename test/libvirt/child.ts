import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { collect } from './waiting.js';

const program = fileURLToPath(new URL('./endings.mjs', import.meta.url));

/** Starts test/libvirt/endings.mjs. `ended` tells how it went away. */
export function startEnding(
  uri: string,
  ending: string,
  o: { xml?: string; env?: Record<string, string> } = {},
) {
  const child = spawn(process.execPath, [program, uri, ending, o.xml ?? ''], {
    env: { ...process.env, ...o.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const ended = once(child, 'close').then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    output: output.text(),
    errors: errors.text(),
  }));
  return { child, ready: () => output.until('ready'), ended };
}
