// The lab's QEMU process: told from all others by the UUID in its arguments, never by its name or a number alone.
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../dist/build/records/process-identity.js';
import { identify } from './places.mjs';

/** What QEMU is called in its arguments, whatever loads it. */
export const emulatorName = 'qemu-system-x86_64';

/** The UUID of the QEMU that a command line (/proc/PID/cmdline) runs; undefined for any other program. */
export const uuidOf = (cmdline) => {
  const args = cmdline.split('\0');
  const at = args.indexOf('-uuid');
  return basename(args[0] ?? '') === emulatorName && at > 0 ? args[at + 1] : undefined;
};

const commandLine = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

/** { pid, started, boot } of the process that was started with this UUID; undefined when none is left. */
export const findEmulator = (id) => {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((name) => uuidOf(commandLine(name)) === id);
  return pid && identify(Number(pid));
};

const signal = (emulator, name) => {
  try {
    // The number may be another's by now.
    if (isAlive(emulator)) process.kill(emulator.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

const waitForEnd = async (id, seconds) => {
  for (let tries = seconds * 10; tries > 0 && findEmulator(id); tries--) await sleep(100);
  return findEmulator(id);
};

/** Ends the process with this UUID, if there is one; its disk is thrown away, so nobody asks the guest first. */
export async function endEmulator(id) {
  const emulator = findEmulator(id);
  if (!emulator) return;
  signal(emulator, 'SIGTERM');
  const left = await waitForEnd(id, 10);
  if (!left) return;
  signal(left, 'SIGKILL');
  if (await waitForEnd(id, 10)) throw new Error(`QEMU (process ${left.pid}) does not end`);
}
