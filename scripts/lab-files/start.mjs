// Starts the lab and waits for it.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownHosts, sshConfig, sshWrapper } from './addresses.mjs';
import { emulatorName, endEmulator } from './emulator.mjs';
import { emulatorCommand, emulatorDirectory } from './emulator-files.mjs';
import { freePort, needMemory } from './host.mjs';
import { modes, qemuArguments } from './modes.mjs';
import { claim } from './places.mjs';
import { Problem } from './problem.mjs';
import { needPrograms, runShort } from './programs.mjs';
import { newRecord, removeRun, runFiles, writeRecord } from './run-state.mjs';
import { waitUntilReady } from './wait.mjs';
import { watchStart } from './watch-start.mjs';

const taken = (state) => {
  const { mode } = state.record;
  const messages = {
    running: `the lab runs already, as a ${modes[mode].title}`,
    starting: `process ${state.record.starter.pid} is starting the lab`,
  };
  return new Problem(messages[state.state], 'Type: scripts/lab status, or scripts/lab stop');
};

/** Files of a new run, with key and overlay of its own, put in place whole. */
function prepare(o, record) {
  const files = runFiles(o.state);
  const work = claim(o.state, 'run');
  try {
    writeRecord(work, record);
    runShort('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'vapp-lab', '-f', join(work, 'id')]);
    const hostKey = readFileSync(join(o.image, 'host-key.pub'), 'utf8');
    writeFileSync(join(work, 'known_hosts'), knownHosts(record.port, hostKey));
    writeFileSync(join(work, 'ssh_config'), sshConfig({ ...files, port: record.port }));
    writeFileSync(join(work, 'ssh'), sshWrapper(files.config), { mode: 0o755 });
    const backing = ['-F', 'raw', '-b', join(o.image, 'disk.raw')];
    runShort('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, join(work, 'overlay.qcow2')]);
    renameSync(work, files.directory);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    // Somebody else's run was quicker to its place.
    if (['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw new Problem('another start was quicker');
    throw error;
  }
  return files;
}

/** Starts QEMU so that it outlives this process. */
function startEmulator(o, record, files) {
  const log = openSync(files.log, 'a');
  const publicKey = readFileSync(`${files.key}.pub`, 'utf8');
  const args = qemuArguments({ ...record, ...files, publicKey });
  const { program, before, env } = emulatorCommand(join(o.image, emulatorDirectory));
  const child = spawn(program, [...before, ...args], {
    cwd: o.image,
    argv0: emulatorName,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
}

// Guests of emulated SVM did not survive on two processors in three of four trials, with QEMU 7.2 and 10.0 (triple faults,
// broken stacks); on one, in none.
const stableProcessors = 1;

/**
 * Starts the lab and waits until libvirt answers in it; when that fails, or is interrupted, nothing is left but the console's
 * text. Gives the seconds it took.
 * @param o { state: directory, run: of readRun, image: directory, mode, memory?, processors?, port?, timeout?, say, signal }
 */
export async function startLab(o) {
  if (['running', 'starting'].includes(o.run.state)) throw taken(o.run);
  if (!existsSync(o.image)) throw new Problem('there is no image of the lab yet', 'Type: scripts/lab create');
  needPrograms(['qemu-img', 'ssh', 'ssh-keygen', 'setpriv']);
  const { mode, processors = stableProcessors, timeout = 900, memory = modes[mode].memory } = o;
  needMemory(mode, memory);
  const port = await freePort(o.port);
  const record = newRecord({ id: randomUUID(), mode, memory, processors, port, image: o.image });
  const files = prepare(o, record);
  try {
    watchStart(o.state, record.id);
    startEmulator(o, record, files);
    o.say(
      `QEMU starts a ${modes[mode].title}: ${processors} processors, ${memory} MiB; console in ${files.console}`,
    );
    const seconds = await waitUntilReady({ ...o, ...record, files, timeout });
    writeRecord(files.directory, { ...record, ready: new Date().toISOString() });
    return seconds;
  } catch (error) {
    await endEmulator(record.id);
    removeRun(o.state, record.id);
    throw error;
  }
}
