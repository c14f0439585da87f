import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../src/libvirt/index.js';
import { makePool, type PrivateDaemon, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { ed25519 } from '../spec/helpers.js';
import { Home } from './vapp.js';

let daemon: PrivateDaemon;
let home: Home;
let mirror: Server;
beforeEach(async () => {
  home = new Home();
  mirror = createServer().listen(0, '127.0.0.1');
  await once(mirror, 'listening');
  daemon = await startPrivateDaemon();
});
afterEach(async () => {
  await daemon.stop();
  mirror.closeAllConnections();
  mirror.close();
  home.remove();
});

const writeSpec = (name: string): void =>
  home.write(
    `${name}.yaml`,
    `appliance: ${name}\nos: debian-13\nmirror: http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian\nroot: { ssh_keys: ["${ed25519}"] }\n`,
  );

/** The error of each build, by the name of its appliance. */
async function codesOf(stdout: NodeJS.ReadableStream): Promise<Record<string, string>> {
  const codes: Record<string, string> = {};
  for await (const line of createInterface(stdout)) {
    const event = JSON.parse(line);
    if (event.type === 'error') codes[event.build.split('-')[0]] = event.errors[0].code;
  }
  return codes;
}

test('libvirtd is restarted: the build that runs fails by it, those that wait go on without it', async () => {
  await using connection = await connect(daemon.uri);
  await makePool(connection, daemon, 'disks');
  for (const name of ['web', 'db', 'mail']) writeSpec(name);
  // The first build waits for the mirror; the others are told by it that there is nothing.
  const asked = once(mirror, 'request');
  const files = ['web.yaml', 'db.yaml', 'mail.yaml'];
  const options = ['-j', '1', '--pool', 'disks', '-c', daemon.uri, '--output', 'json'];
  const run = home.start(['build', ...files, ...options]);
  const codes = codesOf(run.stdout!);
  await asked;
  mirror.on('request', (_, response) => response.writeHead(404).end());
  const ended = once(connection, 'closed');
  daemon.signal('SIGKILL');
  await ended;
  await daemon.restart();
  await run;
  expect(await codes).toEqual({
    web: 'VAPP_LIBVIRT_CONNECTION_LOST',
    db: expect.stringMatching(/^VAPP_ARCHIVE_/),
    mail: expect.stringMatching(/^VAPP_ARCHIVE_/),
  });
});
