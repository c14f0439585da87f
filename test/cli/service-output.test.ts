import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { goesToJournal } from '../../src/cli/service-output.js';
import { Home, program } from './vapp.js';

let directory: string;
let fd: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapp-journal-'));
  fd = openSync(join(directory, 'journal'), 'w');
});
afterEach(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

/** JOURNAL_STREAM as systemd would set it for this descriptor. */
const journalStream = (of: number): string => {
  const { dev, ino } = fstatSync(of, { bigint: true });
  return `${dev}:${ino}`;
};

describe('a descriptor is the journal', () => {
  test('if it is the one that JOURNAL_STREAM names', () => {
    expect(goesToJournal(fd, { JOURNAL_STREAM: journalStream(fd) })).toBe(true);
  });

  test('not if it is another, the variable says nothing, or it is closed', () => {
    const other = openSync(join(directory, 'other'), 'w');
    expect(goesToJournal(other, { JOURNAL_STREAM: journalStream(fd) })).toBe(false);
    closeSync(other);
    for (const value of [undefined, '', 'x', `${journalStream(fd)}x`]) {
      expect(goesToJournal(fd, { JOURNAL_STREAM: value })).toBe(false);
    }
    expect(goesToJournal(1000, { JOURNAL_STREAM: journalStream(fd) })).toBe(false);
  });
});

/** libvirt's mock driver offers no engine: a build on it begins, and fails in its first stage. */
describe('a build run as a service', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home();
    home.writeWeb();
  });
  afterEach(() => home.remove());

  const service = async (...more: string[]): Promise<string[]> => {
    const args = [program, 'build', 'web.yaml', '-c', 'test:///default', ...more];
    const child = spawn(process.execPath, args, {
      cwd: home.path,
      env: { ...home.env, JOURNAL_STREAM: journalStream(fd) },
      stdio: ['ignore', fd, fd],
    });
    await once(child, 'exit');
    return readFileSync(join(directory, 'journal'), 'utf8').trimEnd().split('\n');
  };

  test('has priorities and no times', async () => {
    const lines = await service();
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(/^build web-\S+ of web on test:\/\/\/default$/),
      expect.stringMatching(/^logs in /),
      'prepare',
      expect.stringMatching(/^<3>prepare failed \(\d+ s\)$/),
    ]);
    expect(lines[4]).toMatch(/^<3>error: .*VAPP_PLAN_ENGINE$/);
    expect(lines.filter((line) => line.startsWith('[') || line.includes('\x1b'))).toEqual([]);
  });

  test('of several builds each says whose error it is', async () => {
    home.write('db.yaml', readFileSync(join(home.path, 'web.yaml'), 'utf8').replace('web', 'db'));
    const lines = await service('db.yaml');
    expect(lines).toContainEqual(expect.stringMatching(/^<3>db: prepare failed/));
    expect(lines).toContainEqual(expect.stringMatching(/^<3>db-\d{8}-[0-9a-f]{6}$/));
    expect(lines.filter((line) => /^<3>error: .*VAPP_PLAN_ENGINE$/.test(line))).toHaveLength(2);
  });

  test('says no more than --log-level asks for', async () => {
    const lines = await service('--log-level', 'error');
    expect(lines[0]).toMatch(/^<3>prepare failed/);
    expect(lines[1]).toMatch(/^<3>error: /);
  });

  test('has the form that --output names', async () => {
    const lines = await service('--output', 'plain');
    expect(lines[0]).toMatch(/^\[ {4}\d s\] build web-/);
    expect(lines.filter((line) => /^<\d>/.test(line))).toEqual([]);
  });

  test('says so too when its command line is wrong', async () => {
    expect((await service('--bogus'))[0]).toMatch(/^<3>error: unknown argument: bogus/);
  });
});
