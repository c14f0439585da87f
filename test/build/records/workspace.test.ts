import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  buildFiles,
  makeBuildDirectory,
  newBuildId,
  writeBuildFile,
} from '../../../src/build/records/workspace.js';
import { temporary } from '../support.js';

let state: string;
beforeEach(() => {
  state = temporary();
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('an id tells the appliance and the day, and is another each time', () => {
  const ids = [1, 2].map(() => newBuildId('web', new Date('2025-03-09T23:59:59Z')));
  expect(ids[0]).toMatch(/^web-20250309-[0-9a-f]{6}$/);
  expect(ids[0]).not.toBe(ids[1]);
});

test('nobody else reads what a build writes', () => {
  const directory = makeBuildDirectory('web-1');
  writeBuildFile(directory, buildFiles.preseed, 'x');
  expect(directory).toBe(join(state, 'vapp/builds/web-1'));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, buildFiles.preseed)).mode & 0o777).toBe(0o600);
});

test('a file that cannot be written whole is as it was', () => {
  const directory = makeBuildDirectory('web-1');
  writeBuildFile(directory, buildFiles.plan, 'old');
  // A directory in its place stands for a disk that is full.
  mkdirSync(join(directory, `${buildFiles.plan}.${process.pid}.new`));
  expect(() => writeBuildFile(directory, buildFiles.plan, 'new')).toThrow();
  expect(readFileSync(join(directory, buildFiles.plan), 'utf8')).toBe('old');
});

test('a directory that cannot be made is told with what to set', () => {
  const blocked = join(state, 'file');
  writeFileSync(blocked, '');
  vi.stubEnv('XDG_STATE_HOME', blocked);
  expect(() => makeBuildDirectory('web-1')).toThrow(
    expect.objectContaining({
      code: 'VAPP_HOST_DIRECTORY',
      message: `${blocked}/vapp/builds/web-1 cannot be written`,
      hint: 'make it yours, or set XDG_STATE_HOME to a directory of your own',
    }),
  );
});
