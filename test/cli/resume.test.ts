import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalEntry } from '../../src/build/records/journal.js';
import { buildFiles } from '../../src/build/records/workspace.js';
import { writeBuild } from '../build/support.js';
import { plan } from '../domain/support.js';
import { parse } from '../spec/helpers.js';
import { Home, lines } from './vapp.js';

const id = 'web-20250102-abcdef';
const disk = { kind: 'volume', pool: 'default-pool', name: `vapp-${id}.qcow2` } as const;
const mirrors =
  'mirror: http://mirror.example/debian\nsecurity_mirror: http://mirror.example/debian-security\n';
const spec = `appliance: web\nos: debian-13\n${mirrors}root: { password: '$6$one$${'a'.repeat(86)}' }\n`;
let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const stage = (
  name: string,
  state: 'start' | 'done' | 'failed',
  at: string,
): JournalEntry & { at: string } => ({
  op: 'stage',
  stage: name,
  state,
  at,
});

/** A build whose installation was done and whose check failed. */
function writeFailed(now = new Date().toISOString(), more: JournalEntry[] = []): void {
  const directory = writeBuild(home.builds, {
    id,
    entries: [
      { op: 'make', resource: disk },
      stage('install', 'start', now),
      stage('install', 'done', now),
      { op: 'checkpoint', disk, stamp: { capacity: '1' } },
      stage('bootloader', 'done', now),
      stage('verify', 'start', now),
      ...more,
      { op: 'end', state: 'failed', code: 'VAPP_VERIFY_BOOT', message: 'no', at: now } as JournalEntry,
    ],
  });
  const { appliance } = parse(spec);
  const planned = { ...plan('qemu'), appliance, pool: { name: 'default-pool' } };
  const record = { v: 1, file: '/specs/web.yaml', options: { keep: false, force: false }, traces: [] };
  writeFileSync(join(directory, buildFiles.resume), JSON.stringify(record));
  writeFileSync(join(directory, buildFiles.plan), JSON.stringify(planned));
  writeFileSync(join(directory, buildFiles.spec), spec);
  writeFileSync(join(directory, buildFiles.domainTemplate), '<domain/>');
}

test('builds and show say that it can be resumed, and for how long', async () => {
  writeFailed('2125-01-02T10:00:00.000Z');
  expect((await home.vapp('builds')).stdout).toMatch(new RegExp(`\\ncan be resumed: vapp resume ${id}$`));
  const resumable = { from: 'verify', until: '2125-01-09T10:00:00.000Z' };
  const { builds } = JSON.parse((await home.vapp('builds', '--output', 'json')).stdout ?? '');
  expect(builds[0].resumable).toEqual(resumable);
  expect(JSON.parse((await home.vapp('show', id, '--output', 'json')).stdout ?? '')).toMatchObject({
    resumable,
  });
  expect((await home.vapp('show', id)).stdout).toContain(lines`
    left     volume default-pool/vapp-web-20250102-abcdef.qcow2
             → vapp clean web-20250102-abcdef
    resume   from verify; vapp clean leaves it the disk until 2125-01-09T10:00:00.000Z
             → vapp resume web-20250102-abcdef
  `);
});

test('clean leaves the disk where it is, and tells so in a dry run', async () => {
  writeFailed('2125-01-02T10:00:00.000Z');
  const kept = lines`
    kept volume default-pool/vapp-web-20250102-abcdef.qcow2 of web-20250102-abcdef: it can be resumed until 2125-01-09T10:00:00.000Z
    → vapp resume web-20250102-abcdef, or vapp clean web-20250102-abcdef to remove it
  `;
  expect(await home.vapp('clean', '--dry-run', '-c', 'test:///default')).toEqual({ status: 0, stdout: kept });
  // The mock driver has no such volume: what was to be removed is gone already.
  expect((await home.vapp('clean', id)).stdout).toBe('nothing is left of dead builds on test:///default');
  expect((await home.vapp('builds')).stdout).not.toContain('resume');
});

test('a disk that is gone: said, with its exit status, and in the log of the build', async () => {
  writeFailed();
  const { status, stderr } = await home.vapp('resume', id);
  expect([status, stderr]).toEqual([
    10,
    expect.stringContaining(`vapp-${id}.qcow2 is gone  VAPP_RESUME_DISK`),
  ]);
  expect((await home.vapp('logs', id, '--log', 'vapp')).stdout).toContain(
    'the installation is finished; going on with verify',
  );
});

test('detached, the same is the answer of the command', async () => {
  writeFailed();
  const { status, stderr } = await home.vapp('resume', id, '--detach');
  // The build is in its journal before it looks for the disk, so the id comes first and `wait` has the error.
  expect([status, stderr]).toEqual([0, undefined]);
  expect(await home.vapp('wait', id)).toMatchObject({
    status: 10,
    stdout: expect.stringContaining('VAPP_RESUME_DISK'),
  });
});

test('a build that was never installed says why it cannot be', async () => {
  writeBuild(home.builds, { id, entries: [stage('install', 'start', '2025-01-02T10:00:00.000Z')] });
  expect(await home.vapp('resume', id)).toEqual({
    status: 9,
    stderr: lines`
      error: build web-20250102-abcdef cannot be resumed  VAPP_RESUME_NOTHING
        it ended in install, and half an installation is no ground to go on from
        → vapp build SPEC begins anew; vapp show web-20250102-abcdef tells how this one went
    `,
  });
});

test('a corrected spec that comes too late is refused with its place', async () => {
  writeFailed();
  home.write('web.yaml', `${spec}run: ['true']\n`);
  expect(await home.vapp('resume', id, 'web.yaml')).toEqual({
    status: 2,
    stderr: lines`
      error: the installation that is finished has used another run  VAPP_RESUME_SPEC
        web.yaml:6:1
        6 │ run: ['true']
          │ ^^^
        only proxy, memory, cpus, appliance can be changed once the system is on the disk
        → vapp build web.yaml
    `,
  });
});

test('it is resumed where it was built, nowhere else', async () => {
  writeFailed();
  expect(await home.vapp('resume', id, '-c', 'qemu:///session')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`build ${id} is on test:///default`),
  });
});
