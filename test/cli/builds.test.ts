import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildFiles } from '../../src/build/records/workspace.js';
import { writeBuild } from '../build/support.js';
import { Home, lines } from './vapp.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});
afterEach(() => home.remove());

const dead = 'web-20250102-abcdef';
const failed = 'db-20250103-000000';
const at = (time: string) => `2025-01-02T${time}.000Z`;
const stage = (name: string, state: 'start' | 'done' | 'failed', time: string) =>
  ({ op: 'stage', stage: name, state, at: at(time) }) as const;
const disk = { kind: 'volume', pool: 'default-pool', name: `vapp-${dead}.qcow2` } as const;

/** Two builds with times that never change: one whose process is gone, one that failed. */
function writeBuilds(): void {
  writeBuild(home.builds, {
    id: dead,
    entries: [
      stage('prepare', 'start', '10:00:00'),
      { op: 'make', resource: disk },
      stage('prepare', 'done', '10:00:07'),
      stage('install', 'start', '10:00:07'),
    ],
  });
  writeBuild(home.builds, {
    id: failed,
    uri: 'qemu:///system',
    entries: [
      stage('prepare', 'start', '11:00:00'),
      stage('prepare', 'failed', '11:00:01'),
      { op: 'end', state: 'failed', code: 'VAPP_HOST_POOL', message: 'there is no storage pool fast' },
    ],
  });
  for (const [id, start, end] of [
    [dead, at('09:59:59'), ''],
    [failed, '2025-01-03T00:00:00.000Z', '2025-01-03T00:00:02.000Z'],
  ] as const)
    setTimes(id, start, end);
}

function setTimes(id: string, start: string, end: string): void {
  const file = join(home.builds, id, buildFiles.journal);
  const entries = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  entries[0].at = start;
  if (end) entries.at(-1).at = end;
  writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

describe('builds', () => {
  test('says what to do when there are none', async () => {
    expect(await home.vapp('builds')).toEqual({
      status: 0,
      stdout: 'There are no builds yet. Start one: vapp build SPEC',
    });
  });

  test('lists them, oldest first; a build whose process is gone is dead', async () => {
    writeBuilds();
    expect(await home.vapp('builds')).toEqual({
      status: 0,
      stdout: lines`
        BUILD                STATE   STAGE    STARTED              URI
        web-20250102-abcdef  dead    install  2025-01-02T09:59:59  test:///default
        db-20250103-000000   failed  prepare  2025-01-03T00:00:00  qemu:///system
      `,
    });
  });

  test('as JSON', async () => {
    writeBuilds();
    const { stdout } = await home.vapp('builds', '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({
      v: 1,
      version: expect.any(String),
      builds: [
        {
          id: dead,
          directory: join(home.builds, dead),
          uri: 'test:///default',
          state: 'dead',
          stage: 'install',
          started: at('09:59:59'),
        },
        {
          id: failed,
          directory: join(home.builds, failed),
          uri: 'qemu:///system',
          state: 'failed',
          stage: 'prepare',
          started: '2025-01-03T00:00:00.000Z',
          ended: '2025-01-03T00:00:02.000Z',
          code: 'VAPP_HOST_POOL',
          message: 'there is no storage pool fast',
        },
      ],
    });
  });
});

describe('show', () => {
  beforeEach(writeBuilds);

  test('takes the beginning of an id, and shows what a dead build left', async () => {
    expect(await home.vapp('show', 'web')).toEqual({
      status: 0,
      stdout: [
        `build    ${dead}`,
        'state    dead in install',
        'uri      test:///default',
        `started  ${at('09:59:59')}`,
        'stage    prepare done in 7.0 s',
        `files    ${join(home.builds, dead)}`,
        '         journal.jsonl',
        `left     volume default-pool/vapp-${dead}.qcow2`,
        '         → vapp clean --connect test:///default',
      ].join('\n'),
    });
  });

  test('shows why a build failed', async () => {
    const { stdout } = await home.vapp('show', failed);
    expect(stdout).toContain('state    failed in prepare\n');
    expect(stdout).toContain('ended    2025-01-03T00:00:02.000Z\n');
    expect(stdout).toContain('error    VAPP_HOST_POOL: there is no storage pool fast\n');
    expect(stdout).toContain('stage    prepare failed in 1.0 s\n');
    expect(stdout).not.toContain('left');
  });

  test('as JSON', async () => {
    const { stdout } = await home.vapp('show', dead, '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toMatchObject({
      v: 1,
      id: dead,
      state: 'dead',
      files: ['journal.jsonl'],
      leftovers: [disk],
    });
  });

  test('a build that is not there', async () => {
    expect(await home.vapp('show', 'nope')).toEqual({
      status: 2,
      stderr: 'error: there is no build nope  VAPP_BUILD_UNKNOWN\n  no build has this id\n  → vapp builds',
    });
  });
});

describe('logs', () => {
  beforeEach(writeBuilds);
  const log = (name: string, text: string) => appendFileSync(join(home.builds, dead, name), text);
  const own = (time: string, event: object) =>
    log(buildFiles.log, `${JSON.stringify({ ...event, level: 'info', timestamp: at(time) })}\n`);

  test('shows vapp’s own log, readably, until there is a syslog', async () => {
    own('10:00:00', { type: 'stage', stage: 'prepare', state: 'start' });
    own('10:00:07', { type: 'stage', stage: 'prepare', state: 'done', seconds: 7 });
    expect(await home.vapp('logs', dead)).toEqual({
      status: 0,
      stdout: '[    0 s] prepare\n[    7 s] prepare done (7 s)',
    });
    log(buildFiles.syslog, 'Jan  2 10:00:08 kernel: Linux\n');
    expect((await home.vapp('logs', dead)).stdout).toBe('Jan  2 10:00:08 kernel: Linux');
  });

  test('vapp’s log as JSON is the file', async () => {
    own('10:00:00', { type: 'notice', text: 'a' });
    const { stdout } = await home.vapp('logs', dead, '--log', 'vapp', '--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({
      type: 'notice',
      text: 'a',
      level: 'info',
      timestamp: at('10:00:00'),
    });
  });

  test.each([
    ['syslog', buildFiles.syslog],
    ['console', buildFiles.console],
    ['finisher', buildFiles.finisher],
    ['finisher-console', buildFiles.finisherConsole],
    ['verify', buildFiles.verify],
  ])('--log %s prints %s byte for byte', async (name, file) => {
    log(file, 'a\r\n\x1b[1mb\n');
    expect((await home.vapp('logs', '--log', name, dead)).stdout).toBe('a\r\n\x1b[1mb');
  });

  test('a log that is not there: how far the build got, and which logs there are', async () => {
    expect(await home.vapp('logs', dead)).toEqual({
      status: 1,
      stderr: lines`
        error: build web-20250102-abcdef has no vapp log  VAPP_BUILD_NO_LOG
          it did not get that far: dead in install
          → vapp show web-20250102-abcdef
      `,
    });
    log(buildFiles.syslog, '');
    log(buildFiles.console, '');
    expect((await home.vapp('logs', '--log', 'verify', dead)).stderr).toContain(
      '→ vapp logs --log syslog|console web-20250102-abcdef',
    );
  });

  test('-f of a build that is over ends by itself', async () => {
    log(buildFiles.syslog, 'the end\n');
    expect(await home.vapp('logs', '-f', dead)).toEqual({ status: 0, stdout: 'the end' });
  });

  test('-f follows a build until its end', async () => {
    const id = 'live-20250104-000000';
    const directory = writeBuild(home.builds, { id, pid: process.pid });
    writeFileSync(join(directory, buildFiles.syslog), 'one\n');
    const following = home.start(['logs', '-f', id]);
    for await (const chunk of following.stdout ?? []) {
      if (String(chunk).includes('one')) appendFileSync(join(directory, buildFiles.syslog), 'two\n');
      if (String(chunk).includes('two'))
        appendFileSync(
          join(directory, buildFiles.journal),
          '{"at":"2025-01-04T00:00:00Z","op":"end","state":"done"}\n',
        );
    }
    expect(await following).toMatchObject({ exitCode: 0, stdout: 'one\ntwo' });
  });

  test('Ctrl-C ends following', async () => {
    const id = 'live-20250104-000000';
    const directory = writeBuild(home.builds, { id, pid: process.pid });
    writeFileSync(join(directory, buildFiles.syslog), 'one\n');
    const following = home.start(['logs', '-f', id]);
    following.stdout?.once('data', () => following.kill('SIGINT'));
    expect(await following).toMatchObject({ exitCode: 0, stdout: 'one' });
  });
});

describe('clean', () => {
  const clean = (...args: string[]) => home.vapp('clean', '--connect', 'test:///default', ...args);
  test('of a build that runs is refused', async () => {
    writeBuild(home.builds, { id: 'live-1', pid: process.pid });
    expect(await clean('live-1')).toMatchObject({
      stderr: expect.stringContaining('build live-1 is running  VAPP_BUILD_RUNNING'),
    });
  });

  test('has nothing to do', async () => {
    expect(await clean()).toEqual({
      status: 0,
      stdout: 'nothing is left of dead builds on test:///default',
    });
  });

  test('says what it would remove and what it removed', async () => {
    writeBuilds();
    const path = join(home.builds, dead, 'archive');
    mkdirSync(path);
    writeBuild(home.builds, { id: dead, entries: [{ op: 'make', resource: { kind: 'directory', path } }] });
    expect(await clean('--dry-run')).toEqual({
      status: 0,
      stdout: `would remove directory ${path} of ${dead}`,
    });
    expect(await clean()).toEqual({ status: 0, stdout: `removed directory ${path} of ${dead}` });
    expect((await clean()).stdout).toBe('nothing is left of dead builds on test:///default');
  });

  test('of builds of another host is refused, as one call looks at one', async () => {
    const resource = { kind: 'volume', pool: 'gone', name: 'vapp-x-1.qcow2' } as const;
    const entries = [{ op: 'make', resource } as const];
    writeBuild(home.builds, { id: 'x-1', uri: 'qemu:///system', entries });
    writeBuild(home.builds, { id: 'y-1', entries: [] });
    expect(await clean('x-1')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/build x-1 is on qemu:\/\/\/system[\s\S]*vapp clean x-1/),
    });
    expect(await home.vapp('clean', 'y-1', 'x-1')).toMatchObject({ status: 2 });
  });

  test('of a pool that is not defined gives a named build’s volumes up, and says so', async () => {
    const resource = { kind: 'volume', pool: 'gone', name: 'vapp-x-1.qcow2' } as const;
    writeBuild(home.builds, { id: 'x-1', entries: [{ op: 'make', resource }] });
    expect((await clean('--resumable')).stdout).toContain('kept volume gone/vapp-x-1.qcow2 of x-1');
    expect((await clean('x-1')).stdout).toBe(
      'gave up volume gone/vapp-x-1.qcow2 of x-1: there is no storage pool gone, so its file stays where it is',
    );
  });

  test('names the hosts that it did not look at', async () => {
    const resource = { kind: 'volume', pool: 'default', name: 'vapp-x.qcow2' } as const;
    writeBuild(home.builds, { id: 'x', uri: 'qemu:///system', entries: [{ op: 'make', resource }] });
    expect((await clean()).stdout).toBe(lines`
      nothing is left of dead builds on test:///default
      builds on qemu:///system left something too → vapp clean --connect qemu:///system
    `);
  });

  test('says what it keeps, and why', async () => {
    const resource = { kind: 'domain', name: 'test' } as const;
    writeBuild(home.builds, { id: 'x', entries: [{ op: 'make', resource }] });
    expect((await clean()).stdout).toBe('kept domain test of x: it does not carry the tag of this build');
  });

  test('removes what is libvirt’s also when something of this host cannot be removed', async () => {
    const map = { kind: 'map', tag: 'mine', name: 'hda' } as const;
    writeBuild(join(home.path, 'state/vapp/device-mapper'), {
      id: 'grub-1',
      entries: [{ op: 'make', resource: map }],
    });
    const path = join(home.builds, dead, 'archive');
    writeBuild(home.builds, { id: dead, entries: [{ op: 'make', resource: { kind: 'directory', path } }] });
    mkdirSync(path);
    expect(await clean()).toEqual({
      status: 1,
      stdout: `removed directory ${path} of ${dead}`,
      stderr: expect.stringContaining('VAPP_CLEAN_TAG'),
    });
  });

  test('as JSON', async () => {
    writeBuilds();
    const { stdout } = await clean('--output', 'json');
    expect(JSON.parse(stdout ?? '')).toEqual({
      v: 1,
      uri: 'test:///default',
      dryRun: false,
      cleaned: [{ build: dead, resource: disk, outcome: 'absent' }],
    });
  });
});
