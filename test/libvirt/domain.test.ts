import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../src/libvirt/index.js';
import { openInline } from './inline.js';

const xml = (name: string) =>
  `<domain type='test'><name>${name}</name><memory unit='MiB'>8</memory><os><type>hvm</type></os></domain>`;

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  expect(await connection.close()).toBe(0);
});

test('defines, starts, pauses, destroys and undefines', async () => {
  const domain = await connection.defineDomain(xml('d'));
  expect(domain).toMatchObject({ name: 'd', id: undefined });
  expect(domain.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(await domain.state()).toBe('shutoff');
  await domain.start();
  expect(await domain.state()).toBe('running');
  await domain.suspend();
  expect(await domain.state()).toBe('paused');
  await domain.resume();
  await domain.destroy();
  expect(await domain.isPersistent()).toBe(true);
  await domain.undefine();
  expect(await connection.lookupDomain('d')).toBeUndefined();
});

test('a transient domain is gone when it is destroyed', async () => {
  const domain = await connection.createDomain(xml('t'));
  expect(await domain.isPersistent()).toBe(false);
  await domain.destroy();
  await expect(domain.state()).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_NO_DOMAIN', libvirtCode: 42 });
});

test('gives numbers in bytes and nanoseconds', async () => {
  const domain = await connection.lookupDomain('test');
  expect(await domain?.info()).toMatchObject({
    state: 'running',
    maxMemory: 8 * 2 ** 30,
    memory: 2 * 2 ** 30,
    cpus: 2,
    cpuTime: expect.any(Number),
  });
  expect(await domain?.allStats()).toEqual({ 'state.state': 1, 'state.reason': 0 });
});

test('finds by name and UUID, lists, and gives undefined for what is not there', async () => {
  const [listed] = await connection.listDomains();
  expect(listed).toMatchObject({ name: 'test', id: 1 });
  expect((await connection.lookupDomainByUuid(listed?.uuid ?? ''))?.name).toBe('test');
  expect(await connection.lookupDomain('nope')).toBeUndefined();
  expect(await connection.lookupDomainByUuid('00000000-0000-4000-8000-000000000000')).toBeUndefined();
});

test('keeps title, description and an element of our own', async () => {
  const uri = 'https://vapp.example/ns';
  const domain = await connection.defineDomain(xml('m'));
  expect(await domain.metadata('title')).toBeUndefined();
  await domain.setMetadata('title', 'A title');
  await domain.setMetadata('description', 'words');
  await domain.setMetadata('element', '<build id="1"/>', { key: 'v', uri, config: true });
  expect(await domain.metadata('title')).toBe('A title');
  expect(await domain.metadata('description')).toBe('words');
  expect(await domain.metadata('element', uri)).toBe('<build id="1"/>');
  expect(await domain.metadata('element', 'https://other.example/')).toBeUndefined();
  expect(await domain.xml({ inactive: true })).toContain(
    '<v:build xmlns:v="https://vapp.example/ns" id="1"/>',
  );
  await domain.setMetadata('element', null, { key: 'v', uri, config: true });
  expect(await domain.metadata('element', uri)).toBeUndefined();
});

test('reports exactly what libvirt said', async () => {
  await expect(connection.defineDomain('<x/>')).rejects.toMatchObject({
    code: 'VAPP_LIBVIRT_XML',
    api: 'virDomainDefineXMLFlags',
    libvirtCode: 27,
    message: "XML error: expecting root element of 'domain', not 'x'",
  });
  await expect(
    connection.defineDomain(xml('v').replace('<os>', '<no/><os>'), { validate: true }),
  ).rejects.toMatchObject({ libvirtCode: 92 });
});

test('refuses what C would misread', async () => {
  await expect(connection.lookupDomain(42 as never)).rejects.toThrow(TypeError);
  await expect(connection.lookupDomain('test\0x')).rejects.toThrow('without NUL');
  const domain = await connection.lookupDomain('test');
  await expect(domain?.sendKey([])).rejects.toThrow(TypeError);
  await expect(domain?.openConsole()).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_UNSUPPORTED' });
});
