import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { places, put, remains } from '../build/cache/support.js';
import { Home, lines } from './vapp.js';

const old = new Date('2026-01-02T03:04:05Z');

let home: Home;
let cache: string;
beforeEach(() => {
  home = new Home();
  cache = join(home.path, 'cache/vapp');
  mkdirSync(cache, { recursive: true });
  for (const name of [places.kit, places.package, places.suite]) put(cache, name, { used: old });
  put(cache, places.base, { used: new Date() });
});
afterEach(() => home.remove());

const there = (): string[] => Object.values(places).filter((name) => existsSync(join(cache, name)));

describe('vapp cache', () => {
  test('says what is kept, how much it is, and when it was last used', async () => {
    const { stdout } = await home.vapp('cache');
    const cell = '\\d[\\d.]* k?B';
    expect(stdout).toMatch(/^WHAT {2,}COUNT {2}SIZE {2,}LAST USED$/m);
    expect(stdout).toMatch(new RegExp(`^packages and indexes {2}1 {6}${cell} +2026-01-02T03:04$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^installer kits {8}1 {6}${cell} +2026-01-02T03:04$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${cell} in ${cache}$`, 'm'));
  });

  test('as JSON', async () => {
    const { stdout } = await home.vapp('cache', '--output', 'json');
    const { v, directory, kinds } = JSON.parse(stdout ?? '');
    expect([v, directory]).toEqual([1, cache]);
    expect(kinds.map(({ kind }: { kind: string }) => kind)).toEqual(['packages', 'kits', 'bases', 'records']);
    expect(kinds[0]).toEqual({
      kind: 'packages',
      entries: 1,
      bytes: expect.any(Number),
      used: old.toISOString(),
    });
  });

  test('an empty one', async () => {
    home.env.XDG_CACHE_HOME = join(home.path, 'none');
    expect(await home.vapp('cache')).toEqual({ status: 0, stdout: `${home.path}/none/vapp is empty` });
    expect(await home.vapp('cache', 'prune')).toEqual({
      status: 0,
      stdout: `nothing to remove\n0 B are left in ${home.path}/none/vapp`,
    });
  });

  test.each([
    ['--older-than', '30'],
    ['--keep-size', 'much'],
  ])('%s %s is a usage error that says the form', async (option, value) => {
    expect(await home.vapp('cache', 'prune', option, value)).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        `^error: ${option} cannot be "${value}"  VAPP_USAGE\n  it is a .*such as`,
      ),
    });
  });

  test('an option of pruning without prune is a usage error', async () => {
    expect(await home.vapp('cache', '--keep-size', '1GiB')).toEqual({
      status: 2,
      stderr: lines`
        error: --keep-size is for pruning  VAPP_USAGE
          → vapp cache prune --keep-size …
      `,
    });
  });
});

describe('vapp cache prune', () => {
  const left = /left in .+\/cache\/vapp$/;

  test('removes what was not used for 30 days', async () => {
    expect((await home.vapp('cache', 'prune', '--dry-run')).stdout).toMatch(
      /^would remove packages and indexes: 1, .+\nwould remove installer kits: 1, .+\n.+ would be left in /,
    );
    expect(there()).toHaveLength(4);
    const { stdout } = await home.vapp('cache', 'prune');
    expect(stdout).toMatch(/^removed packages and indexes: 1, .+\nremoved installer kits: 1, /);
    expect(stdout).toMatch(left);
    expect(there()).toEqual([places.base, places.suite]);
  });

  test('a size alone counts instead of the age', async () => {
    await home.vapp('cache', 'prune', '--keep-size', '1GiB');
    expect(there()).toHaveLength(4);
    await home.vapp('cache', 'prune', '--keep-size', '0B');
    expect(there()).toEqual([places.suite]);
  });

  test('as JSON', async () => {
    const { stdout } = await home.vapp('cache', 'prune', '--older-than', '2w', '--output', 'json');
    const { removed, freed, left, ...rest } = JSON.parse(stdout ?? '');
    expect(rest).toEqual({ v: 1, directory: cache, dryRun: false });
    expect(removed[0]).toEqual({
      kind: 'packages',
      paths: [join(cache, places.package)],
      bytes: expect.any(Number),
      used: old.toISOString(),
    });
    expect(freed).toBe(removed[0].bytes + removed[1].bytes);
    expect(left).toBeGreaterThan(0);
  });

  test('is refused while a build runs; one that was killed is in nobody’s way', async () => {
    const module = new URL('../../dist/build/cache/lock.js', import.meta.url);
    const script = `const { holdCache } = await import('${module}');
      await holdCache('${cache}', { emit() {}, signal: new AbortController().signal });
      console.log('held');
      setInterval(() => {}, 1000);`;
    const build = execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
    await new Promise((held) => build.stdout.once('data', held));
    expect(await home.vapp('cache', 'prune')).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^error: the cache is in use {2}VAPP_CACHE_IN_USE\n/),
    });
    expect(there()).toHaveLength(4);
    build.kill('SIGKILL');
    await build;
    expect((await home.vapp('cache', 'prune')).status).toBe(0);
    expect(there()).toEqual([places.base, places.suite]);
  });

  test('goes on where a killed one stopped', async () => {
    for (const name of remains) put(cache, name);
    const { stdout } = await home.vapp('cache', 'prune', '--keep-size', '1TiB');
    expect(stdout).toMatch(/^removed temporary files: 6, /);
    expect(remains.filter((name) => existsSync(join(cache, name)))).toEqual([]);
    expect(there()).toHaveLength(4);
  });
});
