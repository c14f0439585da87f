import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { VappError } from '../../errors.js';
import { loopback } from './proxy-address.js';
import type { SshCommand } from './ssh-command.js';
import { startSession } from './ssh-session.js';

/** A port of the other machine that leads to one of this machine. */
export interface Forward {
  /** On the address that was asked for. */
  port: number;
  /** Rejects with VAPP_HOST_FORWARD_LOST when ssh ends before `close`; a rejection that nobody waits for is no crash. */
  lost: Promise<never>;
  close(): Promise<void>;
}

/** The ends of a reverse forward. */
export interface ForwardEnds {
  /** Address of the other machine to listen on. */
  there: string;
  here: { host: string; port: number };
}

/**
 * Opens a reverse forward over ssh. Ends with `close`, and with this process however that ends.
 * Throws VAPP_HOST_SSH when ssh does not get in without a question, VAPP_HOST_FORWARD when the other side forwards nothing,
 * or from its loopback only.
 */
export async function openForward(ssh: SshCommand, ends: ForwardEnds, signal: AbortSignal): Promise<Forward> {
  // The control socket is needed for a moment only. Short: its path has at most 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), 'vapp-ssh-'));
  try {
    const control = join(directory, 'c');
    const session = await startSession(ssh, control, signal);
    try {
      const port = await requestForward(ssh, control, ends);
      if (ends.there !== loopback) await checkReach(ssh, control, `${ends.there}:${port}`);
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
  { there, here }: ForwardEnds,
): Promise<number> {
  const args = [...through(control), '-O', 'forward'];
  const forward = ['-R', `${there}:0:${here.host}:${here.port}`];
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

/** By the running ssh, and without the user's configuration: forwards that it lists would be asked for as well. */
const through = (control: string): string[] => ['-F', '/dev/null', '-S', control];

/**
 * With the server's usual GatewayPorts=no, sshd listens on its loopback instead of the address that was asked for, and
 * says nothing. So its own end is tried from there; nothing is sent.
 */
async function checkReach(ssh: SshCommand, control: string, address: string): Promise<void> {
  const { failed, stderr } = await execa(ssh.program, [...through(control), '-W', address, '--', ssh.host], {
    env: { LC_ALL: 'C' },
    reject: false,
    stdin: 'ignore',
    timeout: 30_000,
  });
  if (!failed) return;
  throw new VappError('VAPP_HOST_FORWARD', `no guest of ${ssh.host} reaches this machine`, {
    why:
      `its sshd does not listen on ${address}, where guests would find the way to the packages (GatewayPorts is not set), ` +
      'or does not let it be tried (AllowTcpForwarding, PermitOpen)',
    hint:
      `'GatewayPorts clientspecified' and 'AllowTcpForwarding yes' in sshd_config of ${ssh.host}; ` +
      'or --proxy-address HOST, an address of this machine',
    ...(stderr && { excerpt: stderr }),
  });
}
