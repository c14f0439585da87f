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
/** One that never answers, and one that has nothing. */
let mirrors: { silent: Server; empty: Server };
beforeEach(async () => {
  home = new Home();
  mirrors = {
    silent: createServer(() => undefined),
    empty: createServer((_, response) => response.writeHead(404).end()),
  };
  for (const mirror of Object.values(mirrors)) await once(mirror.listen(0, '127.0.0.1'), 'listening');
  daemon = await startPrivateDaemon();
});
afterEach(async () => {
  await daemon.stop();
  for (const mirror of Object.values(mirrors)) {
    mirror.closeAllConnections();
    mirror.close();
  }
  home.remove();
});

function writeSpec(name: string, mirror: Server): void {
  const url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  const sources = `mirror: ${url}/debian\nsecurity_mirror: ${url}/debian-security\n`;
  home.write(
    `${name}.yaml`,
    `appliance: ${name}\nos: debian-13\n${sources}root: { ssh_keys: ["${ed25519}"] }\n`,
  );
}

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
  writeSpec('web', mirrors.silent);
  for (const name of ['db', 'mail']) writeSpec(name, mirrors.empty);
  const asked = once(mirrors.silent, 'request');
  const files = ['web.yaml', 'db.yaml', 'mail.yaml'];
  const options = ['-j', '1', '--pool', 'disks', '-c', daemon.uri, '--output', 'json'];
  const run = home.start(['build', ...files, ...options]);
  const codes = codesOf(run.stdout!);
  await asked;
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
