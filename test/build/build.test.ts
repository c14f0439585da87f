import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BuildRequest, build } from '../../src/build/build.js';
import { seizeCache } from '../../src/build/cache/lock.js';
import type { BuildContext } from '../../src/build/context.js';
import { leftovers } from '../../src/build/records/journal.js';
import { listBuilds, readBuild } from '../../src/build/records/records.js';
import { VappError } from '../../src/errors.js';
import type { VappEvent } from '../../src/events.js';
import type { Connection } from '../../src/libvirt/index.js';
import { plan } from '../domain/support.js';
import { openInline } from '../libvirt/inline.js';
import { minimal, parse } from '../spec/helpers.js';
import { domainXml, makeVolume, metadataOf, pool, volumeNames } from '../template/support.js';
import { temporary } from './support.js';

const id = 'web-20250102-abcdef';
let connection: Connection;
let events: VappEvent[];
let log: string[];
let cancel: AbortController;
beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  vi.stubEnv('XDG_CACHE_HOME', temporary());
  connection = await openInline();
  for (const name of ['disk', 'overlay']) await makeVolume(connection, name);
  events = [];
  log = [];
  cancel = new AbortController();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await connection.close();
});

const volume = { kind: 'volume', pool, name: 'disk' } as const;
/** `prepare` makes a volume; the other stages only say that they were there. */
const stages = (more: BuildRequest['stages'] = {}): BuildRequest['stages'] => ({
  prepare: async ({ scope }: BuildContext) => {
    await scope.acquire(
      volume,
      async () => log.push('make'),
      () => void log.push('remove'),
    );
    const found = await (await connection.lookupPool(pool))?.lookupVolume('disk');
    return { plan: plan('qemu'), disk: found } as never;
  },
  install: async () => void log.push('install'),
  bootloader: async () => void log.push('bootloader'),
  verify: async () => void log.push('verify'),
  publish: async ({ scope }) => {
    log.push('publish');
    scope.keep(volume);
  },
  ...more,
});
/** The connection of the test under another name: closing it leaves the mock driver's state. */
const borrowed = (): Connection =>
  new Proxy(connection, {
    get: (target, name) => {
      if (name === Symbol.asyncDispose) return async () => undefined;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const run = (
  more: BuildRequest['stages'] = {},
  options: object = {},
  reconnect?: BuildRequest['reconnect'],
) =>
  build({
    id,
    resolved: parse(minimal()),
    specText: minimal(),
    connection,
    options: { keep: false, force: false, ...options },
    emit: (event) => events.push(event),
    signal: cancel.signal,
    ...(reconnect && { reconnect }),
    stages: stages(more),
  });
const shown = () =>
  events.map((event) =>
    [event.type, 'stage' in event && `${event.stage} ${event.state}`, 'text' in event && event.text]
      .filter(Boolean)
      .join(' '),
  );
const fail = (error: unknown) => () => Promise.reject(error);

test('runs the stages in their order and gives the name of the template', async () => {
  expect(await run()).toBe('web');
  expect(log).toEqual(['make', 'install', 'bootloader', 'verify', 'publish']);
  expect(shown()).toEqual([
    'build',
    ...['prepare', 'install', 'bootloader', 'verify', 'publish'].flatMap((name) => [
      `stage ${name} start`,
      `stage ${name} done`,
    ]),
    'result',
  ]);
  expect(events.at(-1)).toMatchObject({
    template: 'web',
    uri: 'test:///default',
    seconds: expect.any(Number),
  });
  const record = readBuild(id);
  expect([record.state, record.stage, leftovers(record.entries)]).toEqual(['done', 'publish', []]);
});

test('keeps the spec in a directory that nobody else reads', async () => {
  await run();
  const { directory } = readBuild(id);
  expect(readFileSync(join(directory, 'spec.yaml'), 'utf8')).toBe(minimal());
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test('holds the cache from its first stage to its end, whatever that is', async () => {
  const free = (): boolean => {
    const lock = seizeCache(join(process.env.XDG_CACHE_HOME ?? '', 'vapp'));
    lock?.[Symbol.dispose]();
    return lock !== undefined;
  };
  const seen: boolean[] = [];
  const look = async () => void seen.push(free());
  await run({ install: look, publish: look });
  await expect(run({ install: look, verify: fail(new Error('no')) })).rejects.toThrow('no');
  expect([...seen, free()]).toEqual([false, false, false, true]);
});

test('a stage that fails ends the build, and what was made is removed', async () => {
  const error = new VappError('VAPP_INSTALLER_STUCK', 'the installer did nothing');
  await expect(run({ install: fail(error) })).rejects.toBe(error);
  expect(log).toEqual(['make', 'remove']);
  expect(shown().slice(-2)).toEqual(['stage install start', 'stage install failed']);
  expect(readBuild(id)).toMatchObject({
    state: 'failed',
    stage: 'install',
    code: 'VAPP_INSTALLER_STUCK',
    message: 'the installer did nothing',
  });
});

test('with --keep it stays, and is named', async () => {
  await expect(run({ install: fail(new Error('oops')) }, { keep: true })).rejects.toThrow('oops');
  expect(log).toEqual(['make']);
  expect(shown().at(-1)).toBe(`notice kept: volume ${pool}/disk (vapp clean ${id} removes it)`);
  const record = readBuild(id);
  expect(record.code).toBe('VAPP_INTERNAL');
  expect(leftovers(record.entries)).toEqual([volume]);
});

test('what --keep leaves does not hold the process: a server of the build ends', async () => {
  const install = async ({ scope }: BuildContext) => {
    scope.defer('the package proxy', () => void log.push('closed'));
    throw new Error('oops');
  };
  await expect(run({ install }, { keep: true })).rejects.toThrow('oops');
  expect(log).toEqual(['make', 'closed']);
});

test('a journal that cannot be written does not hide why the build failed', async () => {
  const install = async ({ journal }: BuildContext) => {
    vi.spyOn(journal, 'write').mockImplementation(() => {
      throw new Error('ENOSPC');
    });
    throw new Error('oops');
  };
  await expect(run({ install })).rejects.toThrow('oops');
});

test('what cannot be removed is a warning; the error of the build is the one to show', async () => {
  const prepare = async ({ scope }: BuildContext) => {
    await scope.acquire(volume, async () => undefined, fail(new Error('busy')));
    throw new Error('oops');
  };
  await expect(run({ prepare })).rejects.toThrow('oops');
  expect(events.at(-1)).toEqual({
    type: 'warning',
    text: `cannot remove volume ${pool}/disk: busy`,
    hint: 'vapp clean',
  });
  expect(leftovers(readBuild(id).entries)).toEqual([volume]);
});

test('a finished template counts, even if something could not be tidied up', async () => {
  const verify = async ({ scope }: BuildContext) => {
    await scope.acquire({ ...volume, name: 'overlay' }, async () => undefined, fail(new Error('busy')));
  };
  expect(await run({ verify })).toBe('web');
  expect(shown().at(-2)).toBe(`warning cannot remove volume ${pool}/overlay: busy`);
  const record = readBuild(id);
  expect([record.state, leftovers(record.entries)]).toEqual(['done', [{ ...volume, name: 'overlay' }]]);
});

describe('when the connection is lost on the way', () => {
  const lost = new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'the connection was lost');
  const mine = { ...volume, pool, name: `vapp-build-${id}-kernel` };
  /** The volume is there, and the build's own connection cannot remove it. */
  const prepare = async ({ scope }: BuildContext) => {
    await scope.acquire(mine, () => makeVolume(connection, mine.name), fail(lost));
    throw lost;
  };
  const volumes = () => volumeNames(connection);

  test('a new one removes what is left, and nothing is said of failures', async () => {
    await expect(run({ prepare }, {}, async () => borrowed())).rejects.toBe(lost);
    expect(await volumes()).not.toContain(mine.name);
    expect(leftovers(readBuild(id).entries)).toEqual([]);
    expect(shown().at(-1)).toBe(
      'notice the connection to libvirt is lost; connecting again to remove what is left',
    );
  });

  test('and cannot be had again, the rest is told and stays in the journal', async () => {
    await expect(run({ prepare }, {}, fail(new Error('no route to host')))).rejects.toBe(lost);
    expect(shown().at(-1)).toBe(`warning cannot remove volume ${pool}/${mine.name}: the connection was lost`);
    expect(leftovers(readBuild(id).entries)).toEqual([mine]);
  });

  test('a host that ssh does not reach is not waited for', async () => {
    const reconnect = vi.fn();
    const program = join(temporary(), 'ssh');
    writeFileSync(program, '#!/bin/sh\nexit 255\n', { mode: 0o755 });
    connection = new Proxy(connection, {
      get: (target, key) => {
        if (key === 'uri') return `qemu+ssh://kvm1/system?command=${program}`;
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await expect(run({ prepare }, {}, reconnect)).rejects.toBe(lost);
    expect(reconnect).not.toHaveBeenCalled();
    expect(leftovers(readBuild(id).entries)).toEqual([mine]);
  });

  test('by a Ctrl-C that is heard a little later, the cancellation is the reason', async () => {
    const reason = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');
    const interrupted = async () => {
      setTimeout(() => cancel.abort(reason), 20);
      throw lost;
    };
    await expect(run({ install: interrupted })).rejects.toBe(reason);
    expect(readBuild(id)).toMatchObject({ state: 'cancelled' });
  });

  test('another failure is no reason to connect again', async () => {
    const reconnect = vi.fn();
    const busy = async ({ scope }: BuildContext) => {
      await scope.acquire(mine, () => makeVolume(connection, mine.name), fail(new Error('busy')));
      throw new Error('oops');
    };
    await expect(run({ prepare: busy }, {}, reconnect)).rejects.toThrow('oops');
    expect(reconnect).not.toHaveBeenCalled();
  });
});

test('cancelled: no further stage begins, and the reason is what is shown', async () => {
  const reason = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');
  const install = async () => {
    cancel.abort(reason);
    throw new Error('the guest went away');
  };
  await expect(run({ install })).rejects.toBe(reason);
  expect(log).toEqual(['make', 'remove']);
  expect(readBuild(id)).toMatchObject({ state: 'cancelled', code: 'VAPP_CANCELLED_SIGINT' });
});

test('a build that failed is not cancelled by what comes in its clean-up', async () => {
  const install = async () => {
    // As Ctrl-C while the volumes are removed.
    setTimeout(() => cancel.abort(new Error('cancelled')));
    throw new Error('no login');
  };
  const prepare = async ({ scope }: BuildContext) => {
    const slowly = () => new Promise<void>((resolve) => void setTimeout(resolve, 50));
    await scope.acquire(volume, async () => undefined, slowly);
    return { plan: plan('qemu') } as never;
  };
  await expect(run({ prepare, install })).rejects.toThrow('no login');
  expect([cancel.signal.aborted, readBuild(id).state]).toEqual([true, 'failed']);
});

test('a name that is taken is refused before the build begins', async () => {
  await connection.defineDomain(domainXml('web', metadataOf('web', { build: 'web-20240101-000000' })));
  await expect(run()).rejects.toMatchObject({ code: 'VAPP_NAME_TAKEN' });
  expect([log, listBuilds()]).toEqual([[], []]);
});

test('a lost connection ends the build as failed, not as cancelled, whatever broke by it', async () => {
  const install = async ({ signal }: BuildContext) => {
    connection.emit('closed', 'eof');
    expect(signal.aborted).toBe(true);
    throw new Error('client socket is closed');
  };
  await expect(run({ install })).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_CONNECTION_LOST' });
  expect(readBuild(id)).toMatchObject({ state: 'failed', code: 'VAPP_LIBVIRT_CONNECTION_LOST' });
});

test('Ctrl-C that also ends the connection (libvirt’s ssh is in the foreground) is a cancelled build', async () => {
  const reason = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');
  const install = async () => {
    connection.emit('closed', 'eof');
    cancel.abort(reason);
    throw new Error('client socket is closed');
  };
  await expect(run({ install })).rejects.toBe(reason);
  expect(readBuild(id)).toMatchObject({ state: 'cancelled', code: 'VAPP_CANCELLED_SIGINT' });
});

test('a volume that someone deletes in a stage that does not notice ends the build', async () => {
  const prepare = async ({ scope }: BuildContext) => {
    const resource = { kind: 'volume', pool, name: 'deleted' } as const;
    await scope.acquire(
      resource,
      async () => undefined,
      () => undefined,
    );
    return { plan: { names: { template: 'web' } } } as never;
  };
  await expect(run({ prepare })).rejects.toMatchObject({ code: 'VAPP_BUILD_VOLUME' });
  expect(shown().at(-1)).toBe('stage prepare failed');
});

test('a cache that cannot be written ends it before anything is made', async () => {
  const blocked = join(temporary(), 'file');
  writeFileSync(blocked, '');
  vi.stubEnv('XDG_CACHE_HOME', blocked);
  await expect(run()).rejects.toMatchObject({ code: 'VAPP_HOST_DIRECTORY' });
  expect([log, events]).toEqual([[], []]);
});

test('cancelled before it began: nothing is made', async () => {
  cancel.abort(new Error('cancelled'));
  await expect(run()).rejects.toThrow('cancelled');
  expect(log).toEqual([]);
});
