import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { cloneTemplate, domainMetadata } from '../../src/template/index.js';
import { openInline } from '../libvirt/inline.js';
import { domainNames, domainXml, makeTemplate, metadataOf, pool, volumeNames } from './support.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

const disk = 'vapp-web-20250102-abcdef.qcow2';

test('a clone has a disk of its own over the template’s, and tells what it was made of', async () => {
  await makeTemplate(connection, 'web');
  await cloneTemplate(connection, { template: 'web', name: 'web-1', start: false });
  const clone = await connection.lookupDomain('web-1');
  expect(await clone?.state()).toBe('shutoff');
  expect(await clone?.xml({ inactive: true })).toContain("<source file='/default-pool/web-1.qcow2'/>");
  expect(clone && (await domainMetadata(clone))).toEqual({
    ...metadataOf('web'),
    kind: 'clone',
    volume: 'web-1.qcow2',
    template: 'web',
  });
  const volume = await (await connection.lookupPool(pool))?.lookupVolume('web-1.qcow2');
  expect(await volume?.info()).toMatchObject({ capacity: 2 ** 20 });
});

test('the clone’s disk is an overlay on the template’s', async () => {
  await makeTemplate(connection, 'web');
  const found = (await connection.lookupPool(pool))!;
  const create = vi.spyOn(found, 'createVolume');
  vi.spyOn(connection, 'lookupPool').mockResolvedValue(found);
  await cloneTemplate(connection, { template: 'web', name: 'web-1', start: false });
  expect(create.mock.calls[0]?.[0]).toMatch(
    /<backingStore>\s*<path>\/default-pool\/vapp-web-20250102-abcdef\.qcow2<\/path>\s*<format type='qcow2'\/>/,
  );
});

test('it runs at once if that is wanted', async () => {
  await makeTemplate(connection, 'web');
  await cloneTemplate(connection, { template: 'web', name: 'web-1', start: true });
  expect(await (await connection.lookupDomain('web-1'))?.state()).toBe('running');
});

test('there must be a template of that name', async () => {
  const clone = (template: string) => cloneTemplate(connection, { template, name: 'x', start: false });
  await expect(clone('nope')).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_UNKNOWN',
    message: 'there is no template nope',
    why: 'test:///default has no such domain',
    hint: 'vapp templates',
  });
  await expect(clone('test')).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_UNKNOWN',
    why: 'the domain of this name is not a template of vapp',
  });
});

test('a name that is taken is refused, and nothing is made', async () => {
  await makeTemplate(connection, 'web');
  await expect(
    cloneTemplate(connection, { template: 'web', name: 'test', start: false }),
  ).rejects.toMatchObject({
    code: 'VAPP_NAME_TAKEN',
    message: 'the name test is taken',
    why: 'a domain of this name exists on test:///default',
    hint: 'virsh -c test:///default dominfo test',
  });
  expect(await volumeNames(connection)).toEqual([disk]);
});

test('a template without its disk is broken, and says so', async () => {
  await connection.defineDomain(domainXml('web', metadataOf('web')));
  await expect(
    cloneTemplate(connection, { template: 'web', name: 'web-1', start: false }),
  ).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_BROKEN',
    message: 'the disk of template web is gone',
    why: `there is no volume default-pool/${disk}`,
    hint: 'vapp delete web, then build it anew',
  });
});

test('a clone that cannot be defined or started leaves nothing', async () => {
  await makeTemplate(connection, 'web');
  const clone = () => cloneTemplate(connection, { template: 'web', name: 'web-1', start: true });
  const define = vi.spyOn(connection, 'defineDomain').mockRejectedValueOnce(new Error('no'));
  await expect(clone()).rejects.toThrow('no');
  expect(await volumeNames(connection)).toEqual([disk]);
  define.mockRestore();

  const real = connection.defineDomain.bind(connection);
  vi.spyOn(connection, 'defineDomain').mockImplementationOnce(async (xml) => {
    const domain = await real(xml);
    vi.spyOn(domain, 'start').mockRejectedValueOnce(new Error('no memory'));
    return domain;
  });
  await expect(clone()).rejects.toThrow('no memory');
  expect(await volumeNames(connection)).toEqual([disk]);
  expect(await domainNames(connection)).toEqual(['test', 'web']);
});
