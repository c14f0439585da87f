import { VappError } from '../errors.js';

/**
 * Listens for failures of standard output, which come after `write` has returned. A reader that has gone (`vapp builds |
 * head -1`) is no error of a short command, but aborts `stop`: nobody would see a build's end. Anything else, such as a
 * full disk, makes the exit status 1.
 */
export function watchStandardOutput(stop: AbortController): void {
  // It stays to the end of the process: Node throws an error event that nobody listens for.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', () => undefined);
    if (error.code !== 'EPIPE') {
      process.stderr.write(`error: cannot write to standard output: ${error.message}\n`);
      process.exitCode = 1;
    }
    stop.abort(new VappError('VAPP_CANCELLED', 'cancelled: standard output is closed', { cause: error }));
  });
}
