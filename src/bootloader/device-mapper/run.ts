import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { VappError } from '../../errors.js';

export interface RunOptions {
  input?: string;
  /** Arguments before the program's, see namespace.ts. */
  enter?: readonly string[];
  /** Ends the program when it is aborted. */
  signal?: AbortSignal;
  /** An exit status besides 0 that is no failure. */
  accepts?: number;
}

/** Runs a program of the host as root; gives its standard output without the last line end. Rejects when it fails. */
export type Run = (argv: readonly string[], o?: RunOptions) => Promise<string>;

/** Ends the program when this process ends, even by SIGKILL: nothing goes on behind the back of `vapp clean`. */
export const tied: readonly string[] = ['setpriv', '--pdeathsig', 'KILL', '--'];

/** Without udevd nobody makes the nodes below /dev/mapper, unless libdevmapper does it itself (libdm, libdm-common.c). */
export const hostEnvironment = (): Record<string, string> => ({
  PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: '/root',
  LC_ALL: 'C',
  ...(existsSync('/run/udev/control') ? {} : { DM_DISABLE_UDEV: '1' }),
});

/** In a session of its own: the terminal's Ctrl-C is not meant for it. */
export const runOnHost: Run = async (argv, { input = '', enter = [], signal, accepts } = {}) => {
  const [program = '', ...args] = [...tied, ...enter, ...argv];
  const result = await execa(program, args, {
    ...{ env: hostEnvironment(), extendEnv: false, detached: true, reject: false, input },
    ...(signal && { cancelSignal: signal, forceKillAfterDelay: 5000 }),
  });
  signal?.throwIfAborted();
  if (!result.failed || (accepts !== undefined && result.exitCode === accepts)) return result.stdout;
  throw new VappError('VAPP_BOOTLOADER_PROGRAM', `${argv[0]} failed`, {
    why: result.stderr.trim().split('\n').at(-1) || `it ended with status ${result.exitCode}`,
    excerpt: result.stderr.trim(),
  });
};
