import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEnding } from './child.js';

const uri = 'test:///default';

test.each([
  ['at its natural end', 'natural', 0],
  ['when the connection was never closed', 'forgotten', 0],
  ['when a listener stayed behind', 'listening', 0],
  ['on process.exit', 'exit', 7],
])('a process ends with its own status %s', async (_when, ending, status) => {
  expect(await startEnding(uri, ending).ended).toEqual({ status, signal: null, output: '', errors: '' });
});

test.each([
  ['', 'throw'],
  [' during a call', 'throw-in-call'],
])('a process ends on an uncaught exception%s and shows it', async (_when, ending) => {
  const { status, errors } = await startEnding(uri, ending).ended;
  expect(status).toBe(1);
  expect(errors).toContain('Error: on purpose');
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a process that listens for events ends by %s',
  async (signal) => {
    const { child, ready, ended } = startEnding(uri, 'signal');
    await ready();
    child.kill(signal);
    expect(await ended).toMatchObject({ status: null, signal });
  },
);

test('a daemon that takes a connection and never answers is given up, and holds up no end', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-mute-'));
  const path = join(directory, 'socket');
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket)).listen(path);
  const mute = `qemu+unix:///session?socket=${path}`;
  expect(await startEnding(mute, 'natural', { env: { LIMIT: '4000' } }).ended).toMatchObject({
    status: 3,
    output: 'VAPP_LIBVIRT_UNREACHABLE\n',
  });
  expect(sockets.length).toBeGreaterThan(0);
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(directory, { recursive: true });
});

test('a missing library is an error that says what to install', async () => {
  const { ended } = startEnding(uri, 'natural', { env: { VAPP_LIBVIRT_LIBRARY: 'libnowhere.so.0' } });
  expect(await ended).toMatchObject({ status: 3, output: 'VAPP_LIBVIRT_MISSING\n', errors: '' });
});
