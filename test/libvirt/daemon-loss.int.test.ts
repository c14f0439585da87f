import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, isConnectionLost } from '../../src/libvirt/index.js';
import { startEnding } from './child.js';
import { guestXml } from './guest-xml.js';
import { makePool, type PrivateDaemon, startPrivateDaemon } from './private-daemon.js';

const keepAlive = { interval: 1, count: 2 };

let daemon: PrivateDaemon;
beforeEach(async () => {
  daemon = await startPrivateDaemon();
});
afterEach(() => daemon.stop());

test('a daemon that no longer answers: the call fails, the connection says so, and closing works', async () => {
  await using connection = await connect(daemon.uri, { keepAlive });
  const closed = once(connection, 'closed');
  daemon.signal('SIGSTOP');
  const failure = await connection.lookupDomain('x').catch((error: unknown) => error);
  expect(isConnectionLost(failure)).toBe(true);
  expect(failure).toMatchObject({ api: 'virDomainLookupByName', domain: 7 });
  expect(await closed).toEqual(['keepalive']);
  expect(await connection.isAlive()).toBe(false);
});

test('an idle connection notices it too', async () => {
  await using connection = await connect(daemon.uri, { keepAlive });
  const closed = once(connection, 'closed');
  daemon.signal('SIGSTOP');
  expect(await closed).toEqual(['keepalive']);
  expect(isConnectionLost(await connection.capabilities().catch((error: unknown) => error))).toBe(true);
});

test('a daemon that is killed: calls, consoles and the connection learn it at once', async () => {
  const connection = await connect(daemon.uri);
  const domain = await connection.createDomain(guestXml('lost'), { paused: true, autodestroy: true });
  const stream = await domain.openConsole();
  const broken = once(stream.resume(), 'error');
  const closed = once(connection, 'closed');
  const { qemuPid } = await daemon.guest('lost');
  daemon.signal('SIGKILL');
  expect(await closed).toEqual(['eof']);
  const [error] = await broken;
  expect(error).toMatchObject({ code: expect.stringMatching(/^VAPP_LIBVIRT_/) });
  expect(isConnectionLost(await domain.state().catch((failure: unknown) => failure))).toBe(true);
  expect(await connection.close()).toBe(0);
  process.kill(qemuPid, 'SIGKILL');
});

test('a process inside a call that is never answered still ends, with its own status', async () => {
  const { child, ready, ended } = startEnding(daemon.uri, 'exit-in-call');
  await ready();
  daemon.signal('SIGSTOP');
  child.stdin.write('go\n');
  expect(await ended).toMatchObject({ status: 5, signal: null, errors: '' });
});

/** In a process of its own: its threads stay inside libvirt, and it must end all the same. */
test.each([
  ['several calls under way fail, though keepalive wakes none of them', 'several'],
  ['an upload fails, though keepalive does not wake what sends', 'upload'],
  ['closing ends while calls are under way', 'close-busy'],
])('a daemon that has stopped: %s', async (_what, ending) => {
  await using connection = await connect(daemon.uri);
  const pool = await makePool(connection, daemon, 'stopped');
  await pool.createVolume('<volume><name>large</name><capacity>1073741824</capacity></volume>');
  const { child, ready, ended } = startEnding(daemon.uri, ending);
  await ready();
  daemon.signal('SIGSTOP');
  child.stdin.write('go\n');
  const lost = 'VAPP_LIBVIRT_CONNECTION_LOST';
  expect(await ended).toMatchObject({
    status: 0,
    signal: null,
    output: `ready\n${lost}\nclosed 0\n`,
    errors: '',
  });
  daemon.signal('SIGCONT');
});

test.each([
  ['SIGKILL', 'eof'],
  ['SIGSTOP', 'keepalive'],
] as const)('a process that only listens ends by itself when the daemon gets %s', async (signal, reason) => {
  const { ready, ended } = startEnding(daemon.uri, 'closed');
  await ready();
  daemon.signal(signal);
  expect(await ended).toMatchObject({
    status: 0,
    signal: null,
    output: `ready\nclosed ${reason}\n`,
    errors: '',
  });
});
