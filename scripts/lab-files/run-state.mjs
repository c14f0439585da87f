// What is known of the lab's current run: the directory STATE/run, made whole under another name and then moved there.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../dist/build/records/process-identity.js';
import { findEmulator } from './emulator.mjs';
import { claims, identify, remove } from './places.mjs';

/** Files of a run. */
export const runFiles = (state) => {
  const directory = join(state, 'run');
  const file = (name) => join(directory, name);
  return {
    directory,
    record: file('run.json'),
    overlay: file('overlay.qcow2'),
    key: file('id'),
    knownHosts: file('known_hosts'),
    config: file('ssh_config'),
    wrapper: file('ssh'),
    console: file('console.log'),
    log: file('qemu.log'),
  };
};

/** Notes of a run, in a directory that may not be in its place yet. */
export const writeRecord = (directory, record) => {
  const next = join(directory, 'run.json.new');
  writeFileSync(next, JSON.stringify(record, null, 2));
  renameSync(next, join(directory, 'run.json'));
};

const readRecord = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/**
 * { state, record?, emulator? }. States: `stopped`; `starting`, when somebody waits for it; `running`; `unwatched`, when QEMU
 * runs but whoever started it was killed before libvirt answered; `ended`, when QEMU is gone and its files are not.
 */
export const readRun = (state) => {
  const record = readRecord(runFiles(state).record);
  if (!record) return { state: 'stopped' };
  const emulator = findEmulator(record.id);
  if (!record.ready && isAlive(record.starter)) return { state: 'starting', record, emulator };
  if (!emulator) return { state: 'ended', record };
  return { state: record.ready ? 'running' : 'unwatched', record, emulator };
};

/** The notes that a start begins with. */
export const newRecord = (o) => ({ ...o, starter: identify(process.pid), begun: new Date().toISOString() });

/** Where the console's text of the last run stays. */
export const lastConsole = (state) => join(state, 'last-console.log');

/** Removes the files of the run with this id, but for what its console said; another run's stay. */
export const removeRun = (state, id) => {
  const { directory, record, console } = runFiles(state);
  if (readRecord(record)?.id !== id) return;
  if (existsSync(console)) renameSync(console, lastConsole(state));
  remove(directory, state);
};

/** Removes what killed commands have left half made or half removed. */
export const sweepState = (state) => {
  for (const { path, alive } of claims(state)) if (!alive) rmSync(path, { recursive: true, force: true });
};
