import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkDirectories, checkNode, checkReaper, checkTools } from '../../../src/cli/doctor/host.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>();
  return { ...real, statfs: vi.fn(real.statfs) };
});

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vapp-doctor-'));
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'));
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

describe('Node', () => {
  test.each(['20.19.0', '20.20.2', '22.0.0', '100.1.0'])('%s will do', (version) => {
    expect(checkNode(version)).toEqual({ status: 'ok', what: `Node ${version}` });
  });

  test.each(['18.20.0', '20.18.9'])('%s is too old', (version) => {
    expect(checkNode(version)).toEqual({
      status: 'bad',
      what: `Node ${version} is too old`,
      why: 'vapp needs Node 20.19 or newer',
      hint: 'apt-get install nodejs   # on Debian 13',
    });
  });
});

describe('programs', () => {
  test('are found', async () => {
    expect(await checkTools()).toEqual([
      { status: 'ok', what: 'xz' },
      { status: 'ok', what: 'zstd' },
    ]);
  });

  test('are missing, and the package that has them is named', async () => {
    writeFileSync(join(home, 'xz'), '#!/bin/sh\nexit 0\n');
    chmodSync(join(home, 'xz'), 0o755);
    vi.stubEnv('PATH', home);
    expect(await checkTools()).toEqual([
      { status: 'ok', what: 'xz' },
      {
        status: 'bad',
        what: 'zstd is missing',
        why: 'packages of the archive are unpacked with it',
        hint: 'apt-get install zstd',
      },
    ]);
  });
});

describe('directories', () => {
  const space = (bytes: number) =>
    vi.mocked(promises.statfs).mockResolvedValue({ bavail: bytes / 4096, bsize: 4096 } as never);

  test('are made, and their free space is told', async () => {
    space(10 * 2 ** 30);
    const found = await checkDirectories();
    expect(found.map(({ status, what }) => `${status} ${what}`)).toEqual([
      `ok ${home}/cache/vapp: 10 GiB free`,
      `ok ${home}/state/vapp: 10 GiB free`,
    ]);
    expect(existsSync(join(home, 'cache/vapp'))).toBe(true);
  });

  test('too little space is worth a note', async () => {
    space(1.5 * 2 ** 30);
    expect((await checkDirectories())[0]).toEqual({
      status: 'note',
      what: `${home}/cache/vapp has 1.5 GiB free`,
      why: 'a first build keeps about 1 GiB of packages',
      hint: `df -h ${home}/cache/vapp`,
    });
  });

  test('one that cannot be written', async () => {
    writeFileSync(join(home, 'cache'), 'a file');
    expect((await checkDirectories())[0]).toEqual({
      status: 'bad',
      what: `${home}/cache/vapp cannot be written`,
      why: expect.stringContaining('ENOTDIR'),
      hint: `install -d -o "$USER" ${home}/cache/vapp`,
    });
  });
});

test('process 1 either reaps or does not', async () => {
  const { status, what } = await checkReaper();
  expect([`ok process 1 reaps its children`, `note process 1 does not reap its children`]).toContain(
    `${status} ${what}`,
  );
});
