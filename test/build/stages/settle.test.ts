import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hypervisorFacts } from '../../../src/build/host/host.js';
import { readyHost } from '../../../src/build/stages/settle.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { facts } from '../../domain/support.js';
import { openInline } from '../../libvirt/inline.js';
import { pool } from '../../template/support.js';
import { stageDouble } from '../stage-double.js';

vi.mock('../../../src/build/host/host.js', () => ({ hypervisorFacts: vi.fn() }));

let connection: Connection;
let build: Awaited<ReturnType<typeof stageDouble>>;
beforeEach(async () => {
  connection = await openInline();
  build = await stageDouble(connection);
  vi.mocked(hypervisorFacts).mockResolvedValue({
    ...facts,
    driver: 'QEMU',
    remote: false,
    engines: { qemu: { machine: 'q35' } },
    pools: [{ name: pool, active: true }],
    networks: [{ name: 'default', active: true }],
  });
});
afterEach(async () => {
  await connection.close();
});

const ready = (options: object) =>
  readyHost({ ...build.context, options: { keep: false, force: false, pool, ...options } });

test('a host that is ready gives pool and draft', async () => {
  const { draft, pool: found } = await ready({});
  expect([draft.engine, draft.network.installer, found.name]).toEqual(['qemu', { type: 'user' }, pool]);
  expect(build.events).toEqual([]);
});

test.each([
  ['a domain template that is not there', { domainTemplate: '/no/such.xml' }, 'VAPP_DOMAIN_TEMPLATE'],
  ['a bridge, where no address of this host is known', { network: 'bridge:br0' }, 'VAPP_HOST_NETWORK'],
  ['a network that does not exist', { network: 'lan' }, 'VAPP_PLAN_NETWORK'],
  ['a pool that does not exist', { pool: 'fast' }, 'VAPP_PLAN_POOL'],
])('%s ends the build here', async (_, options, code) => {
  await expect(ready(options)).rejects.toMatchObject({ code });
});

test('a network of the template’s is started too, though the installer does not use it', async () => {
  vi.mocked(hypervisorFacts).mockResolvedValue({
    ...facts,
    remote: true,
    engines: { qemu: { machine: 'q35' } },
    pools: [{ name: pool, active: true }],
    networks: [{ name: 'default', active: false }],
  });
  await (await connection.lookupNetwork('default'))?.destroy();
  const { draft } = await ready({ network: 'default' });
  expect(draft.network.installer).toEqual({ type: 'user' });
  expect(await (await connection.lookupNetwork('default'))?.isActive()).toBe(true);
});

test('a way that the guest does not have ends the build before anything is made', async () => {
  const started = vi.spyOn(connection, 'definePool');
  await expect(ready({ pool: 'default', proxyAddress: '192.0.2.10' })).rejects.toMatchObject({
    code: 'VAPP_HOST_PROXY_ADDRESS',
  });
  expect(started).not.toHaveBeenCalled();
});
