// Waits until the lab answers, and sees early when it never will.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEmulator } from './emulator.mjs';
import { modes } from './modes.mjs';
import { Problem } from './problem.mjs';
import { tied } from './programs.mjs';

const textOf = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** The end of a console's text for people: without its escape sequences and empty lines. */
export const lastLines = (text, count = 8) =>
  text
    .replace(/\x1b(?:\[[0-9;?!]*[a-zA-Z]|[()][A-Z0-9]|\][^\x07\x1b]*(?:\x07|\x1b\\)|c)/g, '')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-count);

/**
 * True when an sshd greets. QEMU takes connections from the beginning, so that only what comes through tells that the lab is up;
 * this costs less than a process of ssh every second.
 */
export const greets = (port, milliseconds = 5000) =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: milliseconds });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('SSH-')));
    for (const event of ['timeout', 'error', 'close']) socket.once(event, () => end(false));
  });

/** True when a command succeeds in the lab. */
/** Milliseconds for one question: a lab whose kernel has crashed keeps the line open, and never answers. */
const questionLimit = 60_000;

const succeeds = (config, command, signal) =>
  new Promise((resolve) => {
    const args = [...tied.slice(1), 'ssh', '-F', config, '-o', 'BatchMode=yes', 'lab', command];
    const child = spawn(tied[0], args, {
      stdio: 'ignore',
      signal,
      timeout: questionLimit,
      killSignal: 'SIGKILL',
    });
    child.once('error', () => resolve(false));
    child.once('exit', (status) => resolve(status === 0));
  });

function checkAlive({ mode, id, files, signal }) {
  if (signal.aborted) throw signal.reason;
  const text = textOf(files.console);
  const last = modes[mode].last.exec(text);
  if (last) throw new Problem(`the lab does not start: ${last[0].trim()}`, lastLines(text));
  if (findEmulator(id)) return;
  throw new Problem('QEMU has ended', [...lastLines(textOf(files.log)), ...lastLines(text)]);
}

/** Asks `question` once a second until it says yes. */
async function until(question, what, o) {
  for (;;) {
    checkAlive(o);
    if (await question()) return o.say(`${what} after ${o.elapsed()} s`);
    if (o.elapsed() > o.timeout)
      throw new Problem(`the lab does not answer after ${o.elapsed()} s: ${what} was waited for`, [
        ...lastLines(textOf(o.files.console)),
        'A busy machine may need longer: --timeout SECONDS',
      ]);
    await sleep(1000, undefined, { signal: o.signal }).catch(() => {});
  }
}

/** Waits for sshd, then for libvirt's driver. @param o { mode, id, port, files, timeout in seconds, say, signal } */
export async function waitUntilReady(o) {
  const begun = performance.now();
  const watched = { ...o, elapsed: () => Math.round((performance.now() - begun) / 1000) };
  await until(() => greets(o.port), 'sshd answers', watched);
  await until(
    () => succeeds(o.files.config, modes[o.mode].ready, o.signal),
    `${modes[o.mode].uri} answers`,
    watched,
  );
  return watched.elapsed();
}
