import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findBuild } from '../../src/cli/find-build.js';
import { temporary, writeBuild } from '../build/support.js';

beforeEach(() => {
  const state = temporary();
  vi.stubEnv('XDG_STATE_HOME', state);
  for (const id of ['web-1', 'web-12', 'db-1']) writeBuild(join(state, 'vapp/builds'), { id });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('finds a build by its id, also when others begin so', () => {
  expect(findBuild('web-1').id).toBe('web-1');
});

test('finds a build by the beginning of its id', () => {
  expect(findBuild('d').id).toBe('db-1');
});

test('a beginning that several have is none', () => {
  expect(() => findBuild('web')).toThrow(
    expect.objectContaining({
      code: 'VAPP_BUILD_UNKNOWN',
      message: 'there is no build web',
      why: '2 builds begin so: web-1, web-12',
      hint: 'vapp builds',
    }),
  );
});

test('an unknown id', () => {
  expect(() => findBuild('x')).toThrow(expect.objectContaining({ why: 'no build has this id' }));
});

test('no id at all is that of no build, not even of the only one', () => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  writeBuild(join(process.env.XDG_STATE_HOME!, 'vapp/builds'), { id: 'web-1' });
  expect(() => findBuild('')).toThrow(expect.objectContaining({ code: 'VAPP_BUILD_UNKNOWN' }));
});
