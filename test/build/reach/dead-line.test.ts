import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { endDeadLine, endIfDead, libvirtSsh } from '../../../src/build/reach/dead-line.js';
import { temporary } from '../support.js';

/** As libvirt 9.0 starts it; the last word is one for a shell. */
const wish =
  "sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     virt-ssh-helper 'qemu:///system'; else    'nc' $ARG -U /var/run/libvirt/libvirt-sock; fi'";
const words = (host: string, last = wish) => ['-l', 'root', '-T', '-e', 'none', '--', host, last];

/** A stand-in for ssh(1), which stays when it is libvirt's. The rest of the script says whether a new one gets in. */
function double(getsIn: string): string {
  const program = join(temporary(), 'ssh');
  writeFileSync(program, `#!/bin/sh\ncase "$*" in *virt-ssh-helper*) read end ;; *) ${getsIn} ;; esac\n`);
  chmodSync(program, 0o755);
  return program;
}

function start(program: string, ...args: string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const uriOf = (host: string, program: string) => `qemu+ssh://root@${host}/system?command=${program}`;
const found = (host: string) =>
  vi.waitFor(() => {
    const [id, ...others] = libvirtSsh(host);
    expect([typeof id, others]).toEqual(['number', []]);
    return id;
  });

describe('the ssh of libvirt’s client', () => {
  test('is told from the forward’s and from that to other hosts', async () => {
    const program = double('exec cat');
    const own = start(program, ...words('kvm1'));
    start(program, ...words('kvm1', 'cat'));
    start(program, ...words('kvm2'));
    expect(await found('kvm1')).toBe(own.pid);
    expect(libvirtSsh('kvm3')).toEqual([]);
  });

  test('is found under a wrapper', async () => {
    const program = double('exit 1');
    // With a command after it, the shell does not become the program.
    const wrapper = start('sh', '-c', '"$0" "$@"; true', program, ...words('kvm4'));
    await vi.waitFor(() => expect(libvirtSsh('kvm4')).toHaveLength(2));
    expect(libvirtSsh('kvm4')).toContain(wrapper.pid);
  });

  test('is not that of another process', async () => {
    const program = double('exit 1');
    start(program, ...words('kvm5'));
    await found('kvm5');
    const other = start(program, ...words('kvm9'));
    expect(libvirtSsh('kvm5', other.pid)).toEqual([]);
  });
});

describe('a line', () => {
  test('that is dead loses the ssh of libvirt’s client', async () => {
    const program = double('exit 255');
    const own = start(program, ...words('kvm6'));
    const other = start(program, ...words('kvm7'));
    await found('kvm6');
    const ended = once(own, 'exit');
    await endDeadLine(uriOf('kvm6', program));
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  test.each([
    ['that lets ssh in', 'kvm8', 'exit 0'],
    [
      'on which the host refuses us',
      'kvm12',
      'echo "root@kvm12: Permission denied (publickey)." >&2; exit 255',
    ],
    ['with a new key', 'kvm13', 'echo "Host key verification failed." >&2; exit 255'],
  ])('%s is left alone', async (_, host, answer) => {
    const program = double(answer);
    const own = start(program, ...words(host));
    await found(host);
    await endDeadLine(uriOf(host, program));
    expect(own.exitCode ?? own.signalCode).toBeNull();
    expect(libvirtSsh(host)).toEqual([own.pid]);
  });

  test.each(['qemu:///system', 'qemu+tls://kvm9/system', 'qemu+ssh://-oProxyCommand=x/system'])(
    'without an ssh of libvirt’s costs nothing: %s',
    async (uri) => {
      await expect(endDeadLine(uri)).resolves.toBeUndefined();
    },
  );

  test('is tried and told, also where libvirt has no ssh', async () => {
    const to = (getsIn: string) => ({ program: double(getsIn), options: [], host: 'kvm11' });
    expect(await endIfDead(to('exit 255'))).toBe('dead');
    expect(await endIfDead(to('exit 0'))).toBe('open');
  });

  test('to which libvirt has no ssh is not tried', async () => {
    const mark = join(temporary(), 'tried');
    await endDeadLine(uriOf('kvm10', double(`: >${mark}`)));
    expect(existsSync(mark)).toBe(false);
  });
});
