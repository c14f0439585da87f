import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cleanBuilds } from '../../src/build/clean/clean.js';
import { type CloneRequest, forgetClones, makeClone } from '../../src/build/clone.js';
import { listBuilds } from '../../src/build/records/records.js';
import { clonesDirectory } from '../../src/build/records/workspace.js';
import { VappError } from '../../src/errors.js';
import type { Connection } from '../../src/libvirt/index.js';
import { openInline } from '../libvirt/inline.js';
import { domainNames, makeTemplate, makeVolume, metadataOf, volumeNames } from '../template/support.js';
import { temporary, writeBuild } from './support.js';

let connection: Connection;
beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  connection = await openInline();
  await makeTemplate(connection, 'web');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await connection.close();
});

const base = metadataOf('web').volume!;
const { signal } = new AbortController();
const clone = (o: Partial<CloneRequest> = {}) =>
  makeClone(connection, { template: 'web', name: 'web-1', start: false, signal, ...o });
const journals = () => (existsSync(clonesDirectory()) ? readdirSync(clonesDirectory()) : []);

test('the disk carries the id of the clone, and no journal stays', async () => {
  await clone({ start: true });
  const [disk] = (await volumeNames(connection)).filter((name) => name !== base);
  expect(disk).toMatch(/^vapp-web-1-\d{8}-[0-9a-f]{6}\.qcow2$/);
  expect(await (await connection.lookupDomain('web-1'))?.xml({ inactive: true })).toContain(`/${disk}'`);
  expect(journals()).toEqual([]);
});

test('the disk is written down before it is made', async () => {
  const pool = (await connection.lookupPool('default-pool'))!;
  vi.spyOn(connection, 'lookupPool').mockResolvedValue(pool);
  const create = vi.spyOn(pool, 'createVolume').mockImplementationOnce(async () => {
    const [{ entries, state } = { entries: [], state: '' }] = listBuilds(clonesDirectory());
    expect(state).toBe('running');
    expect(entries.at(-1)).toMatchObject({ op: 'make', resource: { kind: 'volume', pool: 'default-pool' } });
    throw new Error('disk full');
  });
  await expect(clone()).rejects.toThrow('disk full');
  expect(create).toHaveBeenCalledOnce();
  expect(journals()).toEqual([]);
});

test('a clone that cannot be defined leaves nothing', async () => {
  vi.spyOn(connection, 'defineDomain').mockRejectedValueOnce(new Error('no'));
  await expect(clone()).rejects.toThrow('no');
  expect(await volumeNames(connection)).toEqual([base]);
  expect(journals()).toEqual([]);
});

test('a cancelled clone leaves nothing', async () => {
  const stop = new AbortController();
  const pool = (await connection.lookupPool('default-pool'))!;
  vi.spyOn(connection, 'lookupPool').mockResolvedValue(pool);
  const real = pool.createVolume.bind(pool);
  vi.spyOn(pool, 'createVolume').mockImplementationOnce(async (xml) => {
    stop.abort(new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT'));
    return await real(xml);
  });
  await expect(clone({ signal: stop.signal })).rejects.toThrow('cancelled by SIGINT');
  expect(await volumeNames(connection)).toEqual([base]);
  expect(await domainNames(connection)).toEqual(['test', 'web']);
});

test('what could not be removed is told, and stays in the journal', async () => {
  const pool = (await connection.lookupPool('default-pool'))!;
  vi.spyOn(connection, 'lookupPool').mockResolvedValue(pool);
  vi.spyOn(connection, 'defineDomain').mockRejectedValueOnce(new VappError('VAPP_LIBVIRT', 'no'));
  const real = pool.lookupVolume.bind(pool);
  vi.spyOn(pool, 'lookupVolume').mockImplementation(async (name) => {
    if (name !== base) throw new Error('pool is busy');
    return await real(name);
  });
  await expect(clone()).rejects.toMatchObject({
    errors: [{ message: 'no' }, { code: 'VAPP_BUILD_CLEANUP', why: 'pool is busy' }],
  });
  expect(journals()).toHaveLength(1);
});

test('what a killed clone left is cleaned like a build’s, and its journal goes', async () => {
  const id = 'web-1-20250102-123456';
  const volume = { kind: 'volume', pool: 'default-pool', name: `vapp-${id}.qcow2` } as const;
  writeBuild(clonesDirectory(), { id, entries: [{ op: 'make', resource: volume }] });
  await makeVolume(connection, volume.name);
  forgetClones();
  expect(journals()).toEqual([id]);
  await cleanBuilds(connection, listBuilds(clonesDirectory()), { dryRun: false });
  expect(await volumeNames(connection)).toEqual([base]);
  forgetClones();
  expect(journals()).toEqual([]);
});
