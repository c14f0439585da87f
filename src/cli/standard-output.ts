import { VappError } from '../errors.js';

/** A reader that has gone (`vapp builds | head -1`), or a terminal that was closed. Of a file EIO means that its disk fails. */
const isGone = ({ code }: NodeJS.ErrnoException): boolean =>
  code === 'EPIPE' || (code === 'EIO' && Boolean(process.stdout.isTTY));

const ignore = (): void => undefined;

/**
 * Listens for failures of standard output, which come after `write` has returned. That nobody reads it any more is no error of a
 * short command, but aborts `stop`: nobody would see a build's end. Anything else, such as a full disk, makes the exit status 1.
 * What standard error cannot take is lost, and no reason to end before the clean-up.
 */
export function watchOutput(stop: AbortController): void {
  // They stay to the end of the process: Node throws an error event that nobody listens for.
  process.stderr.off('error', ignore).on('error', ignore);
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', ignore);
    if (!isGone(error)) {
      process.stderr.write(`error: cannot write to standard output: ${error.message}\n`);
      process.exitCode = 1;
    }
    stop.abort(new VappError('VAPP_CANCELLED', 'cancelled: standard output is closed', { cause: error }));
  });
}
