import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { openInline } from './inline.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  expect(await connection.close()).toBe(0);
});

const poolXml = "<pool type='dir'><name>p</name><target><path>/srv/p</path></target></pool>";
const volumeXml = (name: string) => `<volume><name>${name}</name><capacity unit='MiB'>1</capacity></volume>`;

test('defines, builds, starts, marks and removes a pool', async () => {
  const pool = await connection.definePool(poolXml);
  expect(await pool.isActive()).toBe(false);
  await pool.build();
  await pool.start();
  await pool.refresh();
  await pool.setAutostart();
  expect(await pool.autostart()).toBe(true);
  expect(await pool.isActive()).toBe(true);
  expect(await pool.info()).toMatchObject({ state: 'running', capacity: expect.any(Number) });
  expect(await pool.xml()).toContain('<path>/srv/p</path>');
  await pool.destroy();
  await pool.undefine();
  expect(await connection.lookupPool('p')).toBeUndefined();
});

test('makes, finds, lists and deletes volumes', async () => {
  const [pool] = await connection.listPools();
  expect(pool?.name).toBe('default-pool');
  const volume = await pool?.createVolume(volumeXml('v'));
  expect(volume).toMatchObject({ name: 'v', key: '/default-pool/v' });
  expect(await volume?.path()).toBe('/default-pool/v');
  expect(await volume?.info()).toMatchObject({ type: 'file', capacity: 2 ** 20 });
  expect((await pool?.listVolumes())?.map(({ name }) => name)).toEqual(['v']);
  expect((await connection.lookupVolumeByPath('/default-pool/v'))?.name).toBe('v');
  await expect(pool?.createVolume(volumeXml('v'))).rejects.toThrow('already exists');
  await volume?.delete();
  expect(await pool?.lookupVolume('v')).toBeUndefined();
  expect(await connection.lookupVolumeByPath('/default-pool/v')).toBeUndefined();
});
