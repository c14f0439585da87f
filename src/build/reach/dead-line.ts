import { readdirSync, readFileSync } from 'node:fs';
import { commandOf, type SshCommand } from './ssh-command.js';
import { type Reach, tryReach } from './ssh-session.js';

interface Process {
  id: number;
  parent: number;
  words: readonly string[];
}

/** What libvirt's client asks the other side for (virNetSocketNewConnectSSH): its helper, or netcat at the daemon's socket. */
const libvirtsWish = /^sh -c '.*(virt-ssh-helper|libvirt-sock| -U ')/s;

/** Numbers of the processes under this one by which libvirt's client reaches a host: ssh, and what a wrapper of it runs. */
export function libvirtSsh(host: string, self = process.pid): number[] {
  const all = new Map(processes().map((each) => [each.id, each]));
  const isOurs = ({ parent }: Process): boolean => {
    if (parent === self) return true;
    const above = all.get(parent);
    return above !== undefined && isOurs(above);
  };
  const isMeant = ({ words }: Process): boolean =>
    words.at(-3) === '--' && words.at(-2) === host && libvirtsWish.test(words.at(-1) ?? '');
  return [...all.values()].filter((each) => isMeant(each) && isOurs(each)).map(({ id }) => id);
}

function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      // proc_pid_stat(5): the name of the program, which may hold anything, stands in parentheses before the rest.
      const parent = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1];
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
      return [{ id: Number(name), parent: Number(parent), words }];
    } catch {
      // No process, or one that has just ended.
      return [];
    }
  });
}

/**
 * When the host of a connection does not answer ssh any more, ends the ssh of libvirt's own client. Its keepalive can give up
 * without waking a call that is under way (seen with 9.0): the call then waits for the end of TCP's patience, a quarter of
 * an hour, and no close callback comes. Now it fails with VAPP_LIBVIRT_CONNECTION_LOST. A line on which the host answers is left
 * alone, whether or not it lets us in, and so are connections without a process of their own (libssh, TLS).
 */
export async function endDeadLine(uri: string): Promise<void> {
  const ssh = commandOf(uri);
  if (ssh && libvirtSsh(ssh.host).length > 0) await endIfDead(ssh);
}

/**
 * Tries a line. If it is dead, no ssh of libvirt's client to that host is left: one would outlive this process until TCP gives up.
 */
export async function endIfDead(ssh: SshCommand): Promise<Reach> {
  const reach = await tryReach(ssh);
  if (reach === 'dead') for (const id of libvirtSsh(ssh.host)) end(id);
  return reach;
}

function end(id: number): void {
  try {
    process.kill(id, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}
