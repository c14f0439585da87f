import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { cloneTemplate, deleteTagged } from '../../src/template/index.js';
import { openInline } from '../libvirt/inline.js';
import { domainNames, domainXml, makeTemplate, makeVolume, metadataOf, volumeNames } from './support.js';

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
  await cloneTemplate(connection, { template: 'web', name: 'web-1', start: false });
  await expect(remove('web', true)).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_IN_USE',
    message: 'template web has clones',
    why: 'web-1 reads its disk',
    hint: 'vapp delete web-1',
  });
  await cloneTemplate(connection, { template: 'web', name: 'web-2', start: false });
  await expect(remove('web')).rejects.toMatchObject({
    why: 'web-1, web-2 read its disk',
    hint: 'vapp delete web-1; vapp delete web-2',
  });
  for (const name of ['web-1', 'web-2', 'web']) await remove(name);
  expect(await volumeNames(connection)).toEqual([]);
});

test('a running clone is deleted by force alone', async () => {
  await makeTemplate(connection, 'web');
  await cloneTemplate(connection, { template: 'web', name: 'web-1', start: true });
  await expect(remove('web-1')).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_IN_USE',
    message: 'web-1 is running',
    why: 'deleting it would take the disk from under it',
    hint: 'virsh -c test:///default shutdown web-1; or vapp delete --force web-1',
  });
  await remove('web-1', true);
  expect(await domainNames(connection)).toEqual(['test', 'web']);
});
