import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { VappError } from '../errors.js';
import type { SshCommand } from './ssh-command.js';
import { startSession } from './ssh-session.js';

/** A port of the other machine's loopback that leads to one of this machine. */
export interface Forward {
  /** On 127.0.0.1 of the other machine. */
  port: number;
  /** Rejects with VAPP_HOST_FORWARD_LOST when ssh ends before `close`; a rejection that nobody waits for is no crash. */
  lost: Promise<never>;
  close(): Promise<void>;
}

/**
 * Opens a reverse forward over ssh. Ends with `close`, and with this process however that ends.
 * Throws VAPP_HOST_SSH when ssh does not get in without a question, VAPP_HOST_FORWARD when the other side forwards nothing.
 */
export async function openForward(
  ssh: SshCommand,
  local: { host: string; port: number },
  signal: AbortSignal,
): Promise<Forward> {
  // The control socket is needed for a moment only. Short: its path has at most 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), 'vapp-ssh-'));
  try {
    const control = join(directory, 'c');
    const session = await startSession(ssh, control, signal);
    try {
      const port = await requestForward(ssh, control, local);
      return { port, lost: session.lost, close: session.close };
    } catch (error) {
      await session.close();
      throw error;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Asks the running ssh for the forward: only so it prints the port that sshd chose for programs to read (ssh(1), -R). */
async function requestForward(
  ssh: SshCommand,
  control: string,
  local: { host: string; port: number },
): Promise<number> {
  // Without the user's configuration: forwards that it lists would be asked for as well.
  const args = ['-F', '/dev/null', '-S', control, '-O', 'forward'];
  const forward = ['-R', `127.0.0.1:0:${local.host}:${local.port}`];
  const { stdout, stderr, failed } = await execa(ssh.program, [...args, ...forward, '--', ssh.host], {
    env: { LC_ALL: 'C' },
    reject: false,
    timeout: 30_000,
  });
  const port = Number(stdout.trim());
  if (!failed && Number.isInteger(port) && port > 0) return port;
  throw new VappError('VAPP_HOST_FORWARD', `${ssh.host} forwards no port to this machine`, {
    why: 'its sshd refuses: AllowTcpForwarding, DisableForwarding or PermitListen of sshd_config, or an option of the key',
    hint: '--proxy-address HOST, an address of this machine that guests there can reach',
    ...(stderr && { excerpt: stderr }),
  });
}
