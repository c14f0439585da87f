import { VappError } from '../errors.js';
import { kernelPanic } from '../kernel-panic.js';
import type { FinisherResult } from './finisher-result.js';

const excerptLines = 25;

const tail = (output: string): string =>
  output.replaceAll('\r', '').trimEnd().split('\n').slice(-excerptLines).join('\n');

/** The guest ended without an end mark. */
export const noEnd = (step: string, console: string): VappError => {
  const panic = kernelPanic(console);
  const last = step
    ? `Its last sign of life is from the step "${step}".`
    : 'It did not begin its first step.';
  return new VappError('VAPP_BOOTLOADER_NO_END', 'The finisher guest went away before it was done', {
    why: panic ? `${last} Its kernel crashed: ${panic}` : last,
    excerpt: tail(console),
  });
};

/** The guest says itself that it did not succeed. */
export const notDone = (result: FinisherResult, console: string): VappError => {
  const { step, log } = result.failed ?? { step: '', log: '' };
  const details = {
    excerpt: tail(log || console),
    ...(result.left && { why: `Left behind: ${result.left}` }),
  };
  return result.status === 2
    ? new VappError('VAPP_BOOTLOADER_UNDO', 'The finisher guest could not undo what it had set up', details)
    : new VappError('VAPP_BOOTLOADER_STEP', `Making the disk bootable failed in the step "${step}"`, details);
};
