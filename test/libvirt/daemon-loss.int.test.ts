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

test('of several calls under way each fails, though keepalive wakes none', async () => {
  const connection = await connect(daemon.uri, { keepAlive });
  // Each is in a thread of its own.
  await Promise.all([connection.capabilities(), connection.libVersion(), connection.lookupDomain('x')]);
  daemon.signal('SIGSTOP');
  const calls = [connection.capabilities(), connection.libVersion(), connection.lookupDomain('x')];
  const ends = await Promise.allSettled(calls);
  expect(ends.map((end) => end.status === 'rejected' && isConnectionLost(end.reason))).toEqual([
    true,
    true,
    true,
  ]);
  expect(await connection.close()).toBe(0);
});

test('an idle connection notices it too', async () => {
  await using connection = await connect(daemon.uri, { keepAlive });
  const closed = once(connection, 'closed');
  daemon.signal('SIGSTOP');
  expect(await closed).toEqual(['keepalive']);
  expect(isConnectionLost(await connection.capabilities().catch((error: unknown) => error))).toBe(true);
});

test('a daemon that stops in an upload, which its keepalive does not wake, is given up', async () => {
  const connection = await connect(daemon.uri, { keepAlive });
  const closed = once(connection, 'closed');
  const pool = await makePool(connection, daemon, 'given-up');
  const volume = await pool.createVolume('<volume><name>large</name><capacity>268435456</capacity></volume>');
  let done = 0;
  const uploaded = volume.upload(Buffer.alloc(2 ** 28), {
    onProgress: (bytes) => {
      done = bytes;
      if (done < 2 ** 24) daemon.signal('SIGSTOP');
    },
  });
  expect(isConnectionLost(await uploaded.catch((error: unknown) => error))).toBe(true);
  expect(await closed).toEqual(['keepalive']);
  expect(done).toBeLessThan(2 ** 28);
  expect(await connection.close()).toBe(0);
  daemon.signal('SIGCONT');
  await using again = await connect(daemon.uri, { keepAlive });
  await (await again.lookupPool('given-up'))?.lookupVolume('large').then((left) => left?.delete());
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
