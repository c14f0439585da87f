import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recallProbe } from '../../../src/build/host/host.js';
import { probeKvm } from '../../../src/build/host/probe.js';
import { VappError } from '../../../src/errors.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { facts } from '../../domain/support.js';
import { openInline } from '../../libvirt/inline.js';
import { guestDouble, stageDouble } from '../stage-double.js';
import { temporary } from '../support.js';

let host: ReturnType<typeof guestDouble>;
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  return { ...real, setTimeout: vi.fn(real.setTimeout) };
});
vi.mock('../../../src/build/guest/guest.js', () => ({ startGuest: (o: never) => host.startGuest(o) }));

let connection: Connection;
let build: Awaited<ReturnType<typeof stageDouble>>;
beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', temporary());
  host = guestDouble();
  connection = await openInline();
  build = await stageDouble(connection);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await connection.close();
});

const kernel = { path: '/default-pool/kernel', version: '6.12' };
const probe = () => probeKvm(build.context, facts, kernel);
const running = async () => {
  const done = probe();
  done.catch(() => undefined);
  await vi.waitFor(() => expect(host.options).toBeDefined());
  return { done };
};
const remembered = async () => recallProbe(await connection.hostname());

test('a kernel that says its first line, in whatever pieces, proves KVM; that is remembered', async () => {
  const { done } = await running();
  host.say('serial0', '[    0.000000] Linux ver');
  host.say('serial0', 'sion 6.12');
  expect(await done).toEqual({ works: true, reason: 'a kernel boots' });
  expect(host.guest.end).toHaveBeenCalledOnce();
  expect(build.events).toEqual([{ type: 'notice', text: 'trying whether KVM works on this host' }]);
  expect(await probe()).toEqual({ works: true, reason: 'a kernel boots' });
  expect(host.startGuest).toHaveBeenCalledOnce();
});

test('a guest that ends without a word', async () => {
  const { done } = await running();
  host.stop('crashed');
  expect(await done).toEqual({
    works: false,
    reason: 'the guest ended (crashed) before it printed a line',
  });
  expect(await remembered()).toMatchObject({ works: false, kernel: '6.12', silent: true });
});

test('a kernel that says nothing: the reason, remembered as what may be otherwise tomorrow', async () => {
  vi.mocked(sleep).mockImplementationOnce(async (milliseconds, value) => {
    expect(milliseconds).toBe(18_000);
    return value;
  });
  expect(await probe()).toEqual({ works: false, reason: 'a kernel printed nothing within 18 s' });
  expect(host.guest.end).toHaveBeenCalledOnce();
  expect(await remembered()).toMatchObject({ works: false, silent: true });
});

test('a guest that someone destroys proves nothing', async () => {
  const { done } = await running();
  host.stop('destroyed');
  await expect(done).rejects.toMatchObject({ code: 'VAPP_BUILD_GUEST' });
  expect(await remembered()).toBeUndefined();
});

test('a guest that libvirt cannot start: no KVM this time, and another try the next', async () => {
  host.startGuest.mockRejectedValueOnce(new Error('/dev/kvm: Permission denied'));
  expect(await probe()).toEqual({ works: false, reason: '/dev/kvm: Permission denied' });
  expect(await remembered()).toMatchObject({ works: false, again: true });
  const again = await running();
  host.say('serial0', 'Linux version');
  expect(await again.done).toMatchObject({ works: true });
  expect(await remembered()).not.toHaveProperty('again');
});

test('a lost connection decides nothing', async () => {
  const lost = new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'gone');
  host.startGuest.mockRejectedValueOnce(lost);
  await expect(probe()).rejects.toBe(lost);
  expect(await remembered()).toBeUndefined();
});

test('neither does a cancelled build', async () => {
  const { done } = await running();
  build.cancel.abort(new Error('cancelled'));
  await expect(done).rejects.toThrow('cancelled');
  expect(host.guest.end).toHaveBeenCalledOnce();
  expect(await remembered()).toBeUndefined();
});
