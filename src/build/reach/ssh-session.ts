import { execa } from 'execa';
import { deferred } from '../../deferred.js';
import { VappError } from '../../errors.js';
import { shellWord } from '../../shell-word.js';
import type { SshCommand } from './ssh-command.js';

/** A running ssh whose control socket answers. */
export interface SshSession {
  /** Rejects with VAPP_HOST_FORWARD_LOST when ssh ends before `close`. */
  lost: Promise<never>;
  close(): Promise<void>;
}

/** Seconds for name, connection, keys and the first answer. */
const loginLimit = 60;

/**
 * No question, nothing of the user's configuration that costs or opens anything. A dead line is noticed after 30 s: later
 * than by libvirt, which says more.
 */
const options: readonly string[] = [
  'BatchMode=yes',
  'ConnectTimeout=20',
  'ServerAliveInterval=10',
  'ServerAliveCountMax=3',
  'ControlPersist=no',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
].flatMap((option) => ['-o', option]);

/** What cat(1) on the other side sends back: all of the login is behind us then. */
const greeting = 'vapp-is-here';

/**
 * Logs in and stays. The remote command is one that ends with its input, so all of it ends when this process is gone, even
 * by SIGKILL; -N would stay. Throws VAPP_HOST_SSH, or the signal's reason.
 */
export async function startSession(
  ssh: SshCommand,
  control: string,
  signal: AbortSignal,
): Promise<SshSession> {
  const args = ['-M', '-S', control.replaceAll('%', '%%'), '-T', ...options, ...ssh.options, '--', ssh.host];
  const child = launch(ssh.program, [...args, 'cat']);
  const state = { closing: false };
  const close = async (): Promise<void> => {
    state.closing = true;
    child.kill('SIGTERM');
    await child;
  };
  const { promise: lost, reject } = deferred<never>();
  void child.then((end) => state.closing || reject(lostError(ssh, end)));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(loginLimit * 1000)]);
  const outcome = await Promise.race([greeted(child), child, abortOf(limit)]);
  if (outcome === 'greeted') return { lost, close };
  if (outcome === 'aborted') await close();
  signal.throwIfAborted();
  throw loginError(ssh, args, outcome === 'aborted' ? undefined : outcome);
}

/** In a session of its own: the terminal's Ctrl-C is not meant for it. */
const launch = (program: string, args: string[]) =>
  execa(program, args, { env: { LC_ALL: 'C' }, detached: true, reject: false, stdin: 'pipe' });

/** Resolves when the other side answers. */
function greeted(child: ReturnType<typeof launch>): Promise<'greeted'> {
  const { promise, resolve } = deferred<'greeted'>();
  let heard = '';
  child.stdout.on('data', (chunk: Buffer) => {
    heard = (heard + chunk.toString('latin1')).slice(-1024);
    if (heard.includes(greeting)) resolve('greeted');
  });
  // The end of the child says more than a broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${greeting}\n`);
  return promise;
}

function abortOf(signal: AbortSignal): Promise<'aborted'> {
  const { promise, resolve } = deferred<'aborted'>();
  signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  if (signal.aborted) resolve('aborted');
  return promise;
}

/** What ssh says when the other side has answered, and only does not let us in. */
const refusal = /Permission denied|Host key verification failed|Too many authentication failures/;

/** `refused`: the line is well, and ssh would have to ask something. */
export type Reach = 'open' | 'refused' | 'dead';

/**
 * How ssh finds a host: a line that leads nowhere is given up after 20 s (ConnectTimeout), a slow login has a minute. libvirt's own ssh has
 * no limit, and a call that waits for it keeps the process.
 */
export async function tryReach(ssh: SshCommand): Promise<Reach> {
  const args = ['-T', ...options, ...ssh.options, '--', ssh.host, 'true'];
  const { failed, timedOut, stderr } = await execa(ssh.program, args, {
    env: { LC_ALL: 'C' },
    detached: true,
    reject: false,
    stdin: 'ignore',
    timeout: loginLimit * 1000,
  });
  if (!failed) return 'open';
  return !timedOut && refusal.test(stderr) ? 'refused' : 'dead';
}

/** How an ssh ended, as execa tells it. */
interface End {
  stderr?: unknown;
  signal?: string | undefined;
  exitCode?: number | undefined;
  originalMessage?: string | undefined;
}

/** What ssh wrote last says why, unless it was killed: then it may be a banner. */
function reasonOf({ stderr, signal, exitCode, originalMessage }: End): string {
  if (signal) return `ssh was ended by ${signal}`;
  const last = String(stderr ?? '')
    .trim()
    .split(/\r?\n/)
    .at(-1);
  if (last) return last;
  return exitCode === undefined
    ? (originalMessage ?? 'ssh cannot be started')
    : `ssh left with status ${exitCode}`;
}

/** What has to work without a question, as a line to type. */
export const loginLine = (ssh: SshCommand): string =>
  [ssh.program, '-o', 'BatchMode=yes', ...ssh.options, ssh.host, 'true'].map(shellWord).join(' ');

function loginError(ssh: SshCommand, args: readonly string[], end: End | undefined): VappError {
  return new VappError('VAPP_HOST_SSH', `ssh does not get into ${ssh.host} by itself`, {
    why: end ? reasonOf(end) : `it was not through after ${loginLimit} s`,
    hint: `this has to work without a question: ${loginLine(ssh)}`,
    excerpt: [ssh.program, ...args, 'cat'].map(shellWord).join(' '),
  });
}

const lostError = (ssh: SshCommand, end: End): VappError =>
  new VappError(
    'VAPP_HOST_FORWARD_LOST',
    `the ssh connection to ${ssh.host} ended, and with it the way to the packages`,
    {
      why: reasonOf(end),
      hint: 'run the build again when the host answers',
    },
  );
