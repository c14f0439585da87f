import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compile } from '../../src/build/compile.js';
import { readMetadata } from '../../src/domain/index.js';
import type { Connection } from '../../src/libvirt/index.js';
import type { Plan } from '../../src/plan/plan.js';
import { judged } from '../domain/support.js';
import { openInline } from '../libvirt/inline.js';
import { fixture } from '../plan/helpers.js';
import { minimal, parse } from '../spec/helpers.js';

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

const id = 'web-20250102-abcdef';
const spec = parse(minimal('memory: 2GiB', 'packages: [nginx]'));
const compileWith = (options: object = {}) =>
  compile(spec, connection, { id, options: { keep: false, force: false, ...options } });
/** The mock driver with what a QEMU host says. */
const asQemu = () => {
  vi.spyOn(connection, 'driver').mockReturnValue('QEMU');
  vi.spyOn(connection, 'capabilities').mockResolvedValue(fixture('capabilities-qemu'));
};

test('the mock driver offers nothing to build on, and that is said', async () => {
  await expect(compileWith()).rejects.toMatchObject({
    code: 'VAPP_PLAN_ENGINE',
    message: 'test:///default offers nothing that vapp can build on',
  });
});

test('gives the files of a build', async () => {
  asQemu();
  const { plan, files } = await compileWith({ pool: 'default-pool' });
  expect(Object.keys(files)).toEqual(['preseed.cfg', 'installer.xml', 'template.xml', 'plan.json']);
  expect(JSON.parse(files['plan.json'] ?? '') as Plan).toEqual(plan);
  expect(files['preseed.cfg']).toMatch(/nginx/);
  expect(files['preseed.cfg']).toContain('http://10.0.2.2:3142');
});

test('both documents are valid, and media are where the pool keeps its volumes', async () => {
  asQemu();
  const { plan, files } = await compileWith({ pool: 'default-pool' });
  const [installer, template] = [files['installer.xml'] ?? '', files['template.xml'] ?? ''];
  expect([judged(installer), judged(template)]).toEqual([undefined, undefined]);
  expect(installer).toContain(`<kernel>/default-pool/${plan.names.kernel}</kernel>`);
  expect(installer).toContain(`<initrd>/default-pool/${plan.names.initrd}</initrd>`);
  expect(template).toContain(`/default-pool/${plan.names.disk}`);
  expect(readMetadata(template)).toMatchObject({
    kind: 'template',
    build: id,
    spec: spec.sha256,
    pool: 'default-pool',
    volume: plan.names.disk,
  });
  expect(template).toContain('Built by vapp');
});

test('a pool that a build would make has its directory already', async () => {
  asQemu();
  const { files } = await compileWith();
  expect(files['installer.xml']).toMatch(/<kernel>\/.*\/libvirt\/images\//);
});

test('name and network are the user’s choice', async () => {
  asQemu();
  const { plan } = await compileWith({ name: 'other', network: 'default' });
  expect(plan.names.template).toBe('other');
  expect(plan.network.installer).toEqual({ type: 'network', name: 'default' });
});

test('makes nothing', async () => {
  asQemu();
  await compileWith();
  expect((await connection.listDomains()).map(({ name }) => name)).toEqual(['test']);
  expect((await connection.listPools()).map(({ name }) => name)).toEqual(['default-pool']);
});
