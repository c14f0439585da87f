import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Forward, openForward } from '../../../src/build/reach/ssh-forward.js';
import { tryReach } from '../../../src/build/reach/ssh-session.js';
import { temporary } from '../support.js';
import { lives, type SshScript, sshDouble } from './ssh-double.js';

let sockets: string;
beforeEach(() => {
  sockets = temporary();
  vi.stubEnv('TMPDIR', sockets);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const left = () => readdirSync(sockets).filter((name) => name.startsWith('vapp-ssh-'));
const never = new AbortController().signal;
const here = { host: '127.0.0.1', port: 4711 };
const open = (ssh: ReturnType<typeof sshDouble>, signal = never, there = '127.0.0.1'): Promise<Forward> =>
  openForward(ssh.command, { there, here }, signal);
/** What is thrown, and that neither process nor file is left. */
const failure = async (script: SshScript, signal = never, there?: string): Promise<unknown> => {
  const ssh = sshDouble(script);
  const error = await open(ssh, signal, there).catch((thrown: unknown) => thrown);
  expect(lives(ssh.pid())).toBe(false);
  expect(left()).toEqual([]);
  return error;
};

test('the port is what ssh prints for programs; the other side’s loopback leads to the port given', async () => {
  const ssh = sshDouble();
  const forward = await open(ssh);
  expect(forward.port).toBe(43210);
  const asked = ssh.arguments('forward');
  expect(asked.slice(0, 2)).toEqual(['-F', '/dev/null']);
  expect(asked.slice(-4)).toEqual(['-R', '127.0.0.1:0:127.0.0.1:4711', '--', 'kvm1']);
  expect(ssh.arguments('login').slice(-5)).toEqual(['-l', 'root', '--', 'kvm1', 'cat']);
  expect(ssh.arguments('login')).toEqual(expect.arrayContaining(['BatchMode=yes', 'ServerAliveInterval=10']));
  await forward.close();
});

test('it ends when it is closed, which is no loss, and leaves no file', async () => {
  const ssh = sshDouble();
  const forward = await open(ssh);
  expect(left()).toEqual([]);
  expect(lives(ssh.pid())).toBe(true);
  await forward.close();
  expect(lives(ssh.pid())).toBe(false);
  expect(await Promise.race([forward.lost, Promise.resolve('quiet')])).toBe('quiet');
});

test('an ssh that is killed is a loss, with how it ended and not what it said before', async () => {
  const ssh = sshDouble({ login: 'echo "Warning: Permanently added kvm1" >&2; exec cat' });
  const forward = await open(ssh);
  process.kill(ssh.pid(), 'SIGKILL');
  await expect(forward.lost).rejects.toMatchObject({
    code: 'VAPP_HOST_FORWARD_LOST',
    message: 'the ssh connection to kvm1 ended, and with it the way to the packages',
    why: 'ssh was ended by SIGKILL',
  });
  await forward.close();
});

test('an ssh that gives up is a loss, with what it said last', async () => {
  const forward = await open(
    sshDouble({ login: 'head -n 1; sleep 0.1; echo "Timeout, server kvm1 not responding." >&2; exit 255' }),
  );
  await expect(forward.lost).rejects.toMatchObject({ why: 'Timeout, server kvm1 not responding.' });
});

test('a login that would ask a question: what ssh said, and the line to try', async () => {
  expect(
    await failure({ login: 'echo "root@kvm1: Permission denied (publickey,password)." >&2; exit 255' }),
  ).toMatchObject({
    code: 'VAPP_HOST_SSH',
    message: 'ssh does not get into kvm1 by itself',
    why: 'root@kvm1: Permission denied (publickey,password).',
    hint: expect.stringMatching(/: \S+ -o BatchMode=yes -l root kvm1 true$/),
  });
});

test('a login that ends without a word', async () => {
  expect(await failure({ login: 'exit 1' })).toMatchObject({
    code: 'VAPP_HOST_SSH',
    why: 'ssh left with status 1',
  });
});

test('no ssh at all', async () => {
  const missing = { command: { program: '/no/such/ssh', options: [], host: 'kvm1' } };
  await expect(open(missing as never)).rejects.toMatchObject({
    code: 'VAPP_HOST_SSH',
    why: expect.stringContaining('ENOENT'),
  });
  expect(left()).toEqual([]);
});

test('a server that forwards nothing: what ssh said, and the way out', async () => {
  const refusal =
    'mux_client_forward: forwarding request failed: remote port forwarding failed for listen port 0';
  expect(await failure({ forward: `echo "${refusal}" >&2; exit 255` })).toMatchObject({
    code: 'VAPP_HOST_FORWARD',
    message: 'kvm1 forwards no port to this machine',
    why: expect.stringContaining('AllowTcpForwarding'),
    hint: expect.stringContaining('--proxy-address HOST'),
    excerpt: refusal,
  });
});

test.each(['', '0', 'Allocated port 43210'])('an answer %j is no port', async (answer) => {
  expect(await failure({ forward: `echo '${answer}'` })).toMatchObject({ code: 'VAPP_HOST_FORWARD' });
});

test('on another address than the loopback the server’s own end is tried', async () => {
  const ssh = sshDouble();
  const forward = await open(ssh, never, '192.168.122.1');
  expect(ssh.arguments('forward').slice(-4)).toEqual(['-R', '192.168.122.1:0:127.0.0.1:4711', '--', 'kvm1']);
  expect(ssh.arguments('reach').slice(-4)).toEqual(['-W', '192.168.122.1:43210', '--', 'kvm1']);
  await forward.close();
});

test('a server that listens on its loopback whatever it is asked: what to set there', async () => {
  const refusal = 'stdio forwarding failed';
  const error = await failure({ reach: `echo "${refusal}" >&2; exit 255` }, never, '192.168.122.1');
  expect(error).toMatchObject({
    code: 'VAPP_HOST_FORWARD',
    message: 'no guest of kvm1 reaches this machine',
    why: expect.stringContaining('192.168.122.1:43210'),
    hint: expect.stringContaining('GatewayPorts clientspecified'),
    excerpt: refusal,
  });
});

test('whether a host can be reached again is asked without a question and without the wait of libvirt’s ssh', async () => {
  const open = sshDouble({ login: 'exit 0' });
  expect(await tryReach(open.command)).toBe('open');
  expect(open.arguments('login')).toEqual(expect.arrayContaining(['BatchMode=yes', 'ConnectTimeout=20']));
  expect(open.arguments('login').slice(-3)).toEqual(['--', 'kvm1', 'true']);
  expect(await tryReach(sshDouble({ login: 'exit 255' }).command)).toBe('dead');
});

test('a build that is cancelled waits for no login', async () => {
  const cancel = new AbortController();
  const pending = failure({ login: 'exec sleep 30' }, cancel.signal);
  setTimeout(() => cancel.abort(new Error('cancelled')), 300);
  expect(await pending).toEqual(new Error('cancelled'));
});
