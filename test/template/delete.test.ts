import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { deleteTagged } from '../../src/template/index.js';
import { openInline } from '../libvirt/inline.js';
import {
  cloneOf,
  domainNames,
  domainXml,
  makeTemplate,
  makeVolume,
  metadataOf,
  pool,
  volumeNames,
} from './support.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

const remove = (name: string, force = false) => deleteTagged(connection, name, { force });

test('a template goes with its disk, and nothing else does', async () => {
  await makeTemplate(connection, 'web');
  await makeVolume(connection, 'other.qcow2');
  await remove('web');
  expect(await domainNames(connection)).toEqual(['test']);
  expect(await volumeNames(connection)).toEqual(['other.qcow2']);
});

test('a template that lost its disk can be deleted', async () => {
  await connection.defineDomain(domainXml('web', metadataOf('web')));
  await remove('web');
  expect(await domainNames(connection)).toEqual(['test']);
});

test('a template whose pool is not active stays, and the line is told that starts it', async () => {
  await makeTemplate(connection, 'web');
  const inPool = (await connection.lookupPool(pool))!;
  await inPool.destroy();
  await expect(remove('web', true)).rejects.toMatchObject({
    code: 'VAPP_HOST_POOL',
    hint: `virsh -c test:///default pool-start ${pool}`,
  });
  expect(await domainNames(connection)).toEqual(['test', 'web']);
});

test('of a pool that nobody defines any more the disk stays, and is told', async () => {
  await makeTemplate(connection, 'web');
  const inPool = (await connection.lookupPool(pool))!;
  await inPool.destroy();
  await inPool.undefine();
  expect(await remove('web')).toBe(`${pool}/${metadataOf('web').volume}`);
  expect(await domainNames(connection)).toEqual(['test']);
});

test('what vapp did not make is never deleted, nor what a build is using', async () => {
  await expect(remove('test', true)).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_UNKNOWN',
    message: 'there is no template or clone test',
    why: 'vapp did not make the domain of this name',
    hint: 'vapp templates',
  });
  await expect(remove('nope')).rejects.toMatchObject({ why: 'test:///default has no such domain' });
  await connection.defineDomain(domainXml('vapp-build-x', metadataOf('web', { kind: 'build' })));
  await expect(remove('vapp-build-x', true)).rejects.toMatchObject({ code: 'VAPP_TEMPLATE_UNKNOWN' });
  expect(await domainNames(connection)).toEqual(['test', 'vapp-build-x']);
});

test('a template with clones stays until they are gone', async () => {
  await makeTemplate(connection, 'web');
  await cloneOf(connection, { name: 'web-1' });
  await expect(remove('web', true)).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_IN_USE',
    message: 'template web has clones',
    why: 'web-1 reads its disk',
    hint: 'vapp delete web-1',
  });
  await cloneOf(connection, { name: 'web-2' });
  await expect(remove('web')).rejects.toMatchObject({
    why: 'web-1, web-2 read its disk',
    hint: 'vapp delete web-1; vapp delete web-2',
  });
  for (const name of ['web-1', 'web-2', 'web']) await remove(name);
  expect(await volumeNames(connection)).toEqual([]);
});

test('the disk of a template that was replaced goes with its last clone', async () => {
  const former = await makeTemplate(connection, 'web');
  await cloneOf(connection, { name: 'web-1' });
  await cloneOf(connection, { name: 'web-2' });
  const newer = { build: 'web-20250103-fedcba', volume: 'vapp-web-20250103-fedcba.qcow2' };
  await former.undefine();
  await makeTemplate(connection, 'web', newer);
  await remove('web-1');
  expect(await volumeNames(connection)).toEqual([metadataOf('web').volume, newer.volume, 'web-2.qcow2']);
  await remove('web-2');
  expect(await volumeNames(connection)).toEqual([newer.volume]);
});

test('a running clone is deleted by force alone', async () => {
  await makeTemplate(connection, 'web');
  await cloneOf(connection, { name: 'web-1', start: true });
  await expect(remove('web-1')).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_IN_USE',
    message: 'web-1 is running',
    why: 'deleting it would take the disk from under it',
    hint: 'virsh -c test:///default shutdown web-1; or vapp delete --force web-1',
  });
  await remove('web-1', true);
  expect(await domainNames(connection)).toEqual(['test', 'web']);
});
