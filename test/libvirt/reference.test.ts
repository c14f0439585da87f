import { expect, test } from 'vitest';
import { Connection } from '../../src/libvirt/connection.js';
import { LibvirtError } from '../../src/libvirt/errors.js';
import { InlineLane, type Lane } from '../../src/libvirt/lane.js';
import { openInline } from './inline.js';

test('free can be called again; the handle is of no use then', async () => {
  await using connection = await openInline();
  const domain = await connection.lookupDomain('test');
  await Promise.all([domain?.free(), domain?.free()]);
  await domain?.free();
  await expect(domain?.state()).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_FREED' });
});

test('closing frees every handle and leaves no reference', async () => {
  const connection = await openInline();
  const pool = await connection.lookupPool('default-pool');
  await connection.listDomains();
  await connection.listNetworks();
  await pool?.createVolume('<volume><name>v</name><capacity>1</capacity></volume>');
  expect(await connection.close()).toBe(0);
  expect(await connection.close()).toBe(0);
  await expect(pool?.isActive()).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_FREED' });
  await expect(connection.capabilities()).rejects.toMatchObject({ code: 'VAPP_LIBVIRT_CLOSED' });
});

test.each([
  ['is lost when it is not alive', 0, 'VAPP_LIBVIRT_CONNECTION_LOST'],
  ['is not lost by a failure of the daemon that looks the same', 1, 'VAPP_LIBVIRT_FAILED'],
])('a connection %s', async (_what, alive, code) => {
  const inner = new InlineLane();
  const run: Lane['run'] = async (name, ...args) => {
    if (name === 'virConnectIsAlive') return alive as never;
    if (name !== 'listDomains') return inner.run(name, ...args);
    throw new LibvirtError({
      api: 'virConnectListAllDomains',
      libvirtCode: 38,
      domain: 7,
      message: 'no virtlogd',
    });
  };
  await using connection = await Connection.open({ lanes: { run } }, 'test:///default');
  await expect(connection.listDomains()).rejects.toMatchObject({ code, libvirtCode: 38 });
});

/** Makes each call when it is told to, and writes down the order. */
class SteppedLane {
  readonly order: string[] = [];
  readonly #inner = new InlineLane();
  readonly #held: (() => void)[] = [];
  holding = false;

  run: Lane['run'] = async (name, ...args) => {
    if (this.holding && name === 'domainState')
      await new Promise<void>((resolve) => this.#held.push(resolve));
    this.order.push(name);
    return this.#inner.run(name, ...args);
  };

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }
}

test('an object is never freed under a call that still uses it', async () => {
  const lane = new SteppedLane();
  const connection = await Connection.open({ lanes: lane }, 'test:///default');
  const domain = await connection.lookupDomain('test');
  lane.holding = true;
  const state = domain?.state();
  const closed = connection.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(lane.order).not.toContain('virDomainFree');
  lane.release();
  expect(await state).toBe('running');
  expect(await closed).toBe(0);
  expect(lane.order.slice(-3)).toEqual(['domainState', 'virDomainFree', 'closeConnection']);
});
