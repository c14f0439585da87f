import { execa } from 'execa';
import { deferred } from '../../deferred.js';
import { VappError } from '../../errors.js';
import { hostEnvironment, tied } from './run.js';

/** A process that lasts until it is closed, or until this process ends in whatever way. */
export interface Held {
  pid: number;
  close(): Promise<void>;
}

/**
 * Starts a program that runs another one, and lets that be cat(1): it says back what it hears once all before it has been
 * done, and ends with its input, which the kernel closes for a process that is killed.
 * @throws VAPP_BOOTLOADER_PROGRAM when it ends before
 */
export async function holdOpen(argv: readonly string[]): Promise<Held> {
  const [program = '', ...args] = [...tied, ...argv, 'cat'];
  const child = execa(program, args, {
    ...{ env: hostEnvironment(), extendEnv: false, detached: true, reject: false, stdin: 'pipe' },
  });
  const heard = deferred<'heard'>();
  child.stdout.once('data', () => heard.resolve('heard'));
  child.stdin.on('error', () => {});
  child.stdin.write('ready\n');
  if ((await Promise.race([heard.promise, child])) !== 'heard') {
    const { stderr } = await child;
    throw new VappError('VAPP_BOOTLOADER_PROGRAM', `${argv[0]} failed`, { why: stderr.trim() });
  }
  return {
    pid: child.pid!,
    close: async () => {
      child.stdin.end();
      await child;
    },
  };
}
