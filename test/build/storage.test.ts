import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createVolume, ensurePool, uploadFile } from '../../src/build/storage.js';
import { volumeXml } from '../../src/domain/index.js';
import { VappError } from '../../src/errors.js';
import type { Connection, Pool, Volume } from '../../src/libvirt/index.js';
import { openInline } from '../libvirt/inline.js';
import { makeVolume, pool as poolName, volumeNames } from '../template/support.js';
import { recorder } from './support.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

const ensure = async (name: string) => {
  const { events, emit } = recorder();
  const pool = await ensurePool(connection, { name, directory: '/srv/images', emit });
  return { pool, notices: events.map((event) => ('text' in event ? event.text : event.type)) };
};

test('an active pool is taken as it is', async () => {
  const { pool, notices } = await ensure(poolName);
  expect([pool.name, notices]).toEqual([poolName, []]);
});

test('an inactive pool is started', async () => {
  await (await connection.lookupPool(poolName))?.destroy();
  const { pool, notices } = await ensure(poolName);
  expect(await pool.isActive()).toBe(true);
  expect(notices).toEqual(['started the storage pool default-pool']);
});

test('where nobody knows the place of images, the default pool is not made', async () => {
  await expect(
    ensurePool(connection, { name: 'default', directory: undefined, emit: () => undefined }),
  ).rejects.toMatchObject({
    code: 'VAPP_HOST_POOL',
    hint: expect.stringContaining('pool-define-as default dir --target'),
  });
  expect(await connection.lookupPool('default')).toBeUndefined();
});

test('the default pool is made where it is missing', async () => {
  const { pool, notices } = await ensure('default');
  expect(await pool.xml()).toContain('<path>/srv/images</path>');
  expect([await pool.isActive(), await pool.autostart()]).toEqual([true, true]);
  expect(notices).toEqual([
    'made the storage pool default in /srv/images',
    'started the storage pool default',
  ]);
});

test('the default pool that another build starts before it has its directory', async () => {
  const define = connection.definePool.bind(connection);
  vi.spyOn(connection, 'definePool').mockImplementation(async (xml) => {
    const pool = await define(xml);
    await pool.start();
    vi.spyOn(pool, 'build').mockRejectedValue(new Error("storage pool 'default' is already active"));
    return pool;
  });
  const { pool, notices } = await ensure('default');
  expect([await pool.isActive(), await pool.autostart()]).toEqual([true, true]);
  expect(notices).toEqual(['made the storage pool default in /srv/images']);
});

test('any other pool must be there', async () => {
  await expect(ensure('fast')).rejects.toMatchObject({
    code: 'VAPP_HOST_POOL',
    message: 'there is no storage pool fast',
    why: 'test:///default does not know it',
    hint: 'virsh -c test:///default pool-list --all',
  });
});

test('a pool that another build is about to start is waited for', async () => {
  const pool = (await connection.lookupPool(poolName))!;
  await pool.destroy();
  const start = pool.start.bind(pool);
  vi.spyOn(pool, 'start').mockImplementation(async () => {
    setTimeout(start, 300);
    throw new Error('cannot open directory');
  });
  vi.spyOn(connection, 'lookupPool').mockResolvedValue(pool);
  const { notices } = await ensure(poolName);
  expect([await pool.isActive(), notices]).toEqual([true, []]);
});

test('a pool that does not start: the reason and the line to type', async () => {
  const pool = (await connection.lookupPool(poolName))!;
  await pool.destroy();
  vi.spyOn(pool, 'start').mockRejectedValue(new Error('cannot open directory'));
  vi.spyOn(connection, 'lookupPool').mockResolvedValue(pool);
  await expect(ensure(poolName)).rejects.toMatchObject({
    code: 'VAPP_HOST_POOL',
    message: 'the storage pool default-pool cannot be started',
    why: 'cannot open directory',
    hint: 'virsh -c test:///default pool-start default-pool',
  });
});

test('another build may start it, or make it, at the same moment', async () => {
  const pool = (await connection.lookupPool(poolName))!;
  await pool.destroy();
  const start = pool.start.bind(pool);
  vi.spyOn(pool, 'start').mockImplementation(async () => {
    await start();
    throw new Error('already active');
  });
  vi.spyOn(connection, 'lookupPool').mockResolvedValueOnce(pool);
  expect((await ensure(poolName)).pool).toBe(pool);
  vi.mocked(connection.lookupPool).mockResolvedValueOnce(undefined).mockResolvedValueOnce(pool);
  vi.spyOn(connection, 'definePool').mockRejectedValue(new Error('already exists'));
  expect((await ensure('default')).pool).toBe(pool);
});

const { signal } = new AbortController();

test('a volume lives as long as the scope, unless something else has deleted it', async () => {
  const { scope } = recorder();
  const pool = (await connection.lookupPool(poolName))!;
  const make = (name: string) =>
    createVolume({ pool, poolName, scope, name }, volumeXml({ name, capacity: 1024, format: 'raw' }));
  const first = await make('first');
  await make('second');
  await makeVolume(connection, 'other');
  await first.delete();
  await scope.close();
  expect(await volumeNames(connection)).toEqual(['other']);
});

test('a file is uploaded as a raw volume of its size, and tells how far it is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-storage-'));
  const file = join(directory, 'kernel');
  writeFileSync(file, 'kernel!');
  const { scope, emit, events } = recorder();
  const volume = {
    path: async () => '/pool/k',
    upload: async (_: string, o: { onProgress(done: number): void }) => o.onProgress(3),
  };
  const upload = vi.spyOn(volume, 'upload');
  const createVolumeOf = vi.fn(async (_: string) => volume as unknown as Volume);
  const pool = { createVolume: createVolumeOf } as unknown as Pool;
  expect(await uploadFile({ scope, emit, signal }, { pool, poolName, name: 'k', file })).toBe('/pool/k');
  expect(createVolumeOf.mock.calls[0]?.[0]).toBe(volumeXml({ name: 'k', capacity: 7, format: 'raw' }));
  expect(upload).toHaveBeenCalledWith(file, expect.objectContaining({ size: 7, signal }));
  expect(events).toEqual([{ type: 'progress', task: 'upload k', done: 3, total: 7, unit: 'bytes' }]);
  expect(scope.held()).toEqual([{ kind: 'volume', pool: poolName, name: 'k' }]);
  rmSync(directory, { recursive: true });
});

test('a pool that is full is named; the volume is there to be removed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vapp-storage-'));
  const file = join(directory, 'kernel');
  writeFileSync(file, 'content');
  const { scope, emit } = recorder();
  const cause = new VappError('VAPP_LIBVIRT_FAILED', 'Unable to write /pool/k: No space left on device');
  const volume = { upload: () => Promise.reject(cause) };
  const pool = { createVolume: async () => volume } as unknown as Pool;
  const uploading = uploadFile({ scope, emit, signal }, { pool, poolName, name: 'k', file });
  await expect(uploading).rejects.toMatchObject({
    code: 'VAPP_BUILD_STORAGE',
    message: `the storage pool ${poolName} is full`,
    cause,
  });
  expect(scope.held()).toEqual([{ kind: 'volume', pool: poolName, name: 'k' }]);
  rmSync(directory, { recursive: true });
});
