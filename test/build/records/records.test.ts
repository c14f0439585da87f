import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { journalVersion, leftovers } from '../../../src/build/records/journal.js';
import { processIdentity } from '../../../src/build/records/process-identity.js';
import { type EndedBuilds, listBuilds, readBuild } from '../../../src/build/records/records.js';
import { buildFiles, buildsDirectory } from '../../../src/build/records/workspace.js';
import { temporary, writeBuild } from '../support.js';

beforeEach(() => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the state of a build', () => {
  const stateOf = (o: Omit<Parameters<typeof writeBuild>[1], 'id'>) => {
    writeBuild(buildsDirectory(), { id: 'web-1', ...o });
    return readBuild('web-1');
  };

  test('is running while its process lives', () => {
    const install = { op: 'stage', stage: 'install', state: 'start' } as const;
    expect(stateOf({ pid: process.pid, entries: [install] })).toMatchObject({
      state: 'running',
      stage: 'install',
      uri: 'test:///default',
    });
  });

  test('is dead when its process is gone without an end', () => {
    expect(stateOf({}).state).toBe('dead');
  });

  test('is dead after a reboot, even if the pid and its start time fit', () => {
    expect(stateOf({ pid: process.pid, boot: 'another' }).state).toBe('dead');
  });

  test('is dead when nobody has waited for its process yet', async () => {
    // The shell becomes a program that knows nothing of its child.
    const parent = execa('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { reject: false });
    const [chunk] = await once(parent.stdout, 'data');
    const pid = Number(chunk);
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '));
    const directory = writeBuild(buildsDirectory(), { id: 'z-1', begin: { pid, ...processIdentity(pid) } });
    expect(readBuild('z-1')).toMatchObject({ directory, state: 'dead' });
    expect(readBuild('z-1').pid).toBeUndefined();
    parent.kill();
    await parent;
  });

  test('is what its end says', () => {
    expect(
      stateOf({ entries: [{ op: 'end', state: 'failed', code: 'VAPP_HOST_POOL', message: 'no pool' }] }),
    ).toMatchObject({
      state: 'failed',
      code: 'VAPP_HOST_POOL',
      message: 'no pool',
      ended: expect.stringMatching(/Z$/),
    });
  });

  describe('that was killed in its last stage', () => {
    const disk = { kind: 'volume', pool: 'p', name: 'vapp-web-1.qcow2' } as const;
    const checkpoint = { op: 'checkpoint', disk, stamp: { capacity: '1' } } as const;
    const publish = (state: 'start' | 'done' | 'failed') =>
      ({ op: 'stage', stage: 'publish', state, at: `2025-01-02T00:00:00.${state}` }) as const;
    const keep = { op: 'keep', at: 'then' } as const;
    const kernel = { ...disk, name: 'vapp-build-web-1-kernel' };

    test('is done from when that was: what it left is still listed', () => {
      const made = { op: 'make', resource: kernel } as const;
      const build = stateOf({ entries: [made, checkpoint, publish('start'), publish('done')] });
      expect(build).toMatchObject({ state: 'done', ended: publish('done').at, stage: 'publish' });
      expect(leftovers(build.entries)).toEqual([kernel]);
    });

    test.each(['start', 'failed'] as const)('after “%s” it is done if the template has its disk', (state) => {
      const kept = { ...keep, resource: disk };
      expect(stateOf({ entries: [checkpoint, publish('start'), kept, publish(state)] })).toMatchObject({
        state: 'done',
        ended: 'then',
      });
    });

    test('is dead as long as nothing says so', () => {
      const kept = { ...keep, resource: kernel };
      expect(stateOf({ entries: [checkpoint, publish('start'), kept] }).state).toBe('dead');
    });

    test('and is running while its process lives', () => {
      expect(stateOf({ pid: process.pid, entries: [publish('start'), publish('done')] })).toMatchObject({
        state: 'running',
        pid: process.pid,
      });
    });

    test('failed, if it has said so itself', () => {
      const end = { op: 'end', state: 'failed' } as const;
      expect(stateOf({ entries: [publish('start'), publish('done'), end] }).state).toBe('failed');
    });
  });

  test('is dead when even the first line of the journal was cut short', () => {
    mkdirSync(join(buildsDirectory(), 'web-1'), { recursive: true });
    writeFileSync(join(buildsDirectory(), 'web-1', buildFiles.journal), '{"op":"beg');
    expect(readBuild('web-1')).toMatchObject({ state: 'dead', uri: '', started: '' });
  });
});

test('all entries of a build are there when they are asked for', () => {
  const resource = { kind: 'domain', name: 'x' } as const;
  const entries = [{ op: 'make', resource } as const, { op: 'end', state: 'done' } as const];
  writeBuild(buildsDirectory(), { id: 'web-1', entries });
  const build = readBuild('web-1');
  expect(build.entries.map(({ op }) => op)).toEqual(['begin', 'make', 'end']);
  expect({ ...build }.entries).toBe(build.entries);
});

test('a build of a newer vapp is known as such, also after an older one has taken it up', () => {
  const write = (id: string, v: number) =>
    writeBuild(buildsDirectory(), { id, begin: { v, version: '9.9.9' } });
  write('web-1', journalVersion + 1);
  write('web-1', journalVersion);
  write('old-1', journalVersion);
  expect([readBuild('web-1').newer, readBuild('old-1').newer]).toEqual(['9.9.9', undefined]);
});

test('a build that has ended is not read again as long as its journal is as it was', () => {
  const known: EndedBuilds = new Map();
  const ended = writeBuild(buildsDirectory(), { id: 'a' });
  const runs = writeBuild(buildsDirectory(), { id: 'b', pid: process.pid });
  expect(listBuilds(undefined, known).map(({ state }) => state)).toEqual(['dead', 'running']);
  for (const directory of [ended, runs])
    appendFileSync(join(directory, buildFiles.journal), '{"at":"2025","op":"end","state":"failed"}\n');
  const [a, b] = listBuilds(undefined, known);
  expect([a?.state, b?.state]).toEqual(['failed', 'failed']);
  const again = listBuilds(undefined, known);
  expect([again[0] === a, again[1] === b]).toEqual([true, true]);
});

test('builds are listed oldest first; a directory without a journal is none', () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    expect(listBuilds()).toEqual([]);
    vi.setSystemTime('2025-01-02T00:00:00Z');
    writeBuild(buildsDirectory(), { id: 'a' });
    vi.setSystemTime('2025-01-01T00:00:00Z');
    writeBuild(buildsDirectory(), { id: 'b' });
    mkdirSync(join(buildsDirectory(), 'lost+found'));
    expect(listBuilds().map(({ id }) => id)).toEqual(['b', 'a']);
  } finally {
    vi.useRealTimers();
  }
});
