// What every command does first: nothing of a killed one is left.
import { endEmulator } from './emulator.mjs';
import { sweepImages } from './images.mjs';
import { lastConsole, readRun, removeRun, sweepState } from './run-state.mjs';

/** Removes what killed commands and an ended QEMU have left, says so, and gives readRun's answer. */
export function sweep({ images, state, say }) {
  for (const path of sweepImages(images)) say(`removed what an interrupted command has left: ${path}`);
  sweepState(state);
  const run = readRun(state);
  if (run.state !== 'ended') return run;
  removeRun(state, run.record.id);
  say(
    `the last lab has ended by itself, or was killed; its files are removed (console: ${lastConsole(state)})`,
  );
  return readRun(state);
}

/** Ends a run and removes its files. */
export async function endRun(state, { id }) {
  await endEmulator(id);
  removeRun(state, id);
}
