import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { type CloneOptions, domainMetadata } from '../../src/template/index.js';
import { openInline } from '../libvirt/inline.js';
import { cloneOf, domainNames, domainXml, makeTemplate, metadataOf, pool, volumeNames } from './support.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

const clone = (o: Partial<CloneOptions> = {}) => cloneOf(connection, o);
const disk = 'vapp-web-20250102-abcdef.qcow2';

test('a clone has a disk of its own over the template’s, and tells what it was made of', async () => {
  await makeTemplate(connection, 'web');
  await clone();
  const made = await connection.lookupDomain('web-1');
  expect(await made?.state()).toBe('shutoff');
  expect(await made?.xml({ inactive: true })).toContain("<source file='/default-pool/web-1.qcow2'/>");
  expect(made && (await domainMetadata(made))).toEqual({
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
  await clone();
  expect(create.mock.calls[0]?.[0]).toMatch(
    /<backingStore>\s*<path>\/default-pool\/vapp-web-20250102-abcdef\.qcow2<\/path>\s*<format type='qcow2'\/>/,
  );
});

test('it runs at once if that is wanted', async () => {
  await makeTemplate(connection, 'web');
  await clone({ start: true });
  expect(await (await connection.lookupDomain('web-1'))?.state()).toBe('running');
});

test('there must be a template of that name', async () => {
  await expect(clone({ template: 'nope' })).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_UNKNOWN',
    message: 'there is no template nope',
    why: 'test:///default has no such domain',
    hint: 'vapp templates',
  });
  await expect(clone({ template: 'test' })).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_UNKNOWN',
    why: 'the domain of this name is not a template of vapp',
  });
});

test('a name that is taken is refused, and nothing is made', async () => {
  await makeTemplate(connection, 'web');
  await expect(clone({ name: 'test' })).rejects.toMatchObject({
    code: 'VAPP_NAME_TAKEN',
    message: 'the name test is taken',
    why: 'a domain of this name exists on test:///default',
    hint: 'virsh -c test:///default dominfo test',
  });
  expect(await volumeNames(connection)).toEqual([disk]);
});

test('a template without its disk is broken, and says so', async () => {
  await connection.defineDomain(domainXml('web', metadataOf('web')));
  await expect(clone()).rejects.toMatchObject({
    code: 'VAPP_TEMPLATE_BROKEN',
    message: 'the disk of template web is gone',
    why: `there is no volume default-pool/${disk}`,
    hint: 'vapp delete web, then build it anew',
  });
});

test('a clone that cannot be started is not defined', async () => {
  await makeTemplate(connection, 'web');
  const real = connection.defineDomain.bind(connection);
  vi.spyOn(connection, 'defineDomain').mockImplementationOnce(async (xml) => {
    const domain = await real(xml);
    vi.spyOn(domain, 'start').mockRejectedValueOnce(new Error('no memory'));
    return domain;
  });
  await expect(clone({ start: true })).rejects.toThrow('no memory');
  expect(await domainNames(connection)).toEqual(['test', 'web']);
});
