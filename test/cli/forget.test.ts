import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildFiles } from '../../src/build/records/workspace.js';
import { writeBuild } from '../build/support.js';
import { ed25519 } from '../spec/helpers.js';
import { Home, lines } from './vapp.js';

const disk = { kind: 'volume', pool: 'default', name: 'vapp-x.qcow2' } as const;
const old = '2025-01-02T10:00:00.000Z';

let home: Home;
beforeEach(() => {
  home = new Home();
  for (const id of ['web-1', 'web-2', 'left-1']) {
    const entries = [
      ...(id === 'left-1' ? [{ op: 'make', resource: disk } as const] : []),
      { op: 'end', state: 'done', at: old } as const,
    ];
    const journal = join(writeBuild(home.builds, { id, entries }), buildFiles.journal);
    utimesSync(journal, new Date(old), new Date(old));
  }
  writeBuild(home.builds, { id: 'bad-1', entries: [{ op: 'end', state: 'failed' }] });
  writeBuild(home.builds, { id: 'live-1', pid: process.pid });
});
afterEach(() => home.remove());

const all = ['bad-1', 'left-1', 'live-1', 'web-1', 'web-2'];
const there = (): string[] => readdirSync(home.builds).sort();

test('without names: what was done 90 days ago; the rest is said', async () => {
  const kept = 'kept left-1: it has left volume default/vapp-x.qcow2 → vapp clean';
  expect((await home.vapp('forget', '--dry-run')).stdout).toBe(
    `would forget web-1\nwould forget web-2\n${kept}`,
  );
  expect(there()).toEqual(all);
  expect(await home.vapp('forget')).toEqual({ status: 0, stdout: `forgot web-1\nforgot web-2\n${kept}` });
  expect(there()).toEqual(['bad-1', 'left-1', 'live-1']);
});

test('an age that none has', async () => {
  expect(await home.vapp('forget', '--done-before', '9999w')).toEqual({
    status: 0,
    stdout: 'nothing to forget',
  });
});

test('as JSON', async () => {
  const { stdout } = await home.vapp('forget', '--done-before', '1d', '--output', 'json');
  expect(JSON.parse(stdout ?? '')).toEqual({
    v: 1,
    dryRun: false,
    forgotten: ['web-1', 'web-2'],
    kept: [{ id: 'left-1', leftovers: [disk] }],
  });
});

test('several by name, of any end', async () => {
  expect(await home.vapp('forget', 'bad', 'web-1', 'bad-1')).toEqual({
    status: 0,
    stdout: 'forgot bad-1\nforgot web-1',
  });
  expect(there()).toEqual(['left-1', 'live-1', 'web-2']);
});

test('one that may not go keeps all of them', async () => {
  expect(await home.vapp('forget', 'web-1', 'live-1')).toEqual({
    status: 1,
    stderr: lines`
      error: build live-1 is running  VAPP_BUILD_RUNNING
        its directory is what it writes to
        → vapp cancel live-1
    `,
  });
  expect((await home.vapp('forget', 'web-1', 'left-1')).stderr).toContain('VAPP_BUILD_LEFTOVERS');
  expect((await home.vapp('forget', 'web-1', 'nope')).stderr).toContain('VAPP_BUILD_UNKNOWN');
  expect(there()).toEqual(all);
});

test('a build that begins removes what was done 90 days ago, and nothing else', async () => {
  home.write('web.yaml', `appliance: new\nos: debian-13\nroot: { ssh_keys: ["${ed25519}"] }\n`);
  await home.vapp('build', 'web.yaml', '-c', 'test:///default');
  expect(there()).toEqual(['bad-1', 'left-1', 'live-1', expect.stringMatching(/^new-/)]);
});

test('names and an age at once are a usage error', async () => {
  expect(await home.vapp('forget', 'web-1', '--done-before', '0s')).toMatchObject({ status: 2 });
  expect(there()).toEqual(all);
});
