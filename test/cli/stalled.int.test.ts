import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PrivateDaemon, startPrivateDaemon } from '../libvirt/private-daemon.js';
import { Home } from './vapp.js';

let daemon: PrivateDaemon;
let home: Home;
beforeEach(async () => {
  home = new Home();
  daemon = await startPrivateDaemon();
});
afterEach(async () => {
  await daemon.stop();
  home.remove();
});

test('a daemon that takes a connection and never answers: Ctrl-C ends the waiting for it', async () => {
  daemon.signal('SIGSTOP');
  const run = home.start(['templates', '-c', daemon.uri]);
  // By then signals are heard.
  const maps = () => readFileSync(`/proc/${run.pid}/maps`, 'utf8');
  await expect.poll(maps, { timeout: 60_000 }).toContain('libvirt.so');
  await sleep(500);
  run.kill('SIGINT');
  expect(await run).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('cancelled by SIGINT') });
});
