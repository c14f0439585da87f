import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';

const program = new URL('./remote-host', import.meta.url).pathname;

/** A libvirt host that only ssh reaches (test/e2e/remote-host). */
export interface RemoteHost {
  uri: string;
  /** The same host by another port. */
  uriWith(port: number): string;
  /** Of the client's side: everything that names the host, ssh's configuration among it. */
  directory: string;
  /** Addresses of client and host in their network. */
  here: string;
  there: string;
  /** Interface of the client. */
  link: string;
  /** Runs a program on the host; rejects when it fails. */
  run(...command: string[]): Promise<string>;
  virsh(...args: string[]): Promise<string>;
  /** What listens for TCP besides sshd. */
  listeners(): Promise<string[]>;
  /** Domains, volumes, listeners. */
  state(): Promise<{ domains: string[]; volumes: string[]; listeners: string[] }>;
  killLibvirt(): Promise<void>;
  startLibvirt(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRemoteHost(): Promise<RemoteHost> {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-host-'));
  const child = execa(program, [directory], { stdin: 'pipe', reject: false, cleanup: true });
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await child;
    rmSync(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('ready ')) return hostAt(directory, line.slice('ready '.length), stop);
  }
  const { stderr } = await child;
  throw new Error(`the remote host does not start: ${stderr}`);
}

function hostAt(directory: string, uri: string, stop: () => Promise<void>): RemoteHost {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8').trim();
  const [here = '', there = '', link = ''] = read('network').split(' ');
  const run = async (...command: string[]): Promise<string> => {
    const { stdout } = await execa('nsenter', ['-t', read('pid'), '-a', ...command], {
      env: { LC_ALL: 'C' },
    });
    return stdout.trim();
  };
  const virsh = (...args: string[]) => run('virsh', '-c', 'qemu:///system', ...args);
  const listeners = async () =>
    sorted(await run('ss', '-Hltn', 'sport != :22 and ( sport < :2222 or sport > :2223 )'));
  return {
    ...{ uri, directory, here, there, link, run, virsh, listeners, stop },
    uriWith: (port) => uri.replace(/(@[^/]+)/, `$1:${port}`),
    state: async () => ({
      domains: sorted(await virsh('list', '--all', '--name')),
      volumes: sorted(await run('ls', '/var/lib/libvirt/images')),
      listeners: await listeners(),
    }),
    killLibvirt: async () => void (await run('pkill', '-KILL', '-x', 'libvirtd')),
    startLibvirt: async () => {
      await run('rm', '-f', '/run/libvirtd.pid');
      await run('libvirtd', '-d');
    },
  };
}

const sorted = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .sort();
