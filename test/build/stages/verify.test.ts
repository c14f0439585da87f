import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { verify } from '../../../src/build/stages/verify.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import { volumeNames } from '../../template/support.js';
import { guestDouble, stageDouble } from '../stage-double.js';

let host: ReturnType<typeof guestDouble>;
vi.mock('../../../src/build/guest/guest.js', () => ({ startGuest: (o: never) => host.startGuest(o) }));

let connection: Connection;
let build: Awaited<ReturnType<typeof stageDouble>>;
beforeEach(async () => {
  host = guestDouble();
  connection = await openInline();
  build = await stageDouble(connection);
});
afterEach(async () => {
  vi.useRealTimers();
  await connection.close();
});

const report = (state: string, failed: unknown[] = []) =>
  `\r\nVAPP1 ${JSON.stringify({ t: 'system', state, failed })}\r\n`;
/** Starts the stage, and goes on when the guest runs. */
const running = async () => {
  const done = verify(build.context, build.prepared);
  done.catch(() => undefined);
  await vi.waitFor(() => expect(host.guest.ended).toHaveBeenCalled());
  return { done };
};

test('a login prompt and a system that is well: done, and the overlay is gone', async () => {
  const { done } = await running();
  expect(await volumeNames(connection)).toEqual([build.prepared.plan.names.overlay]);
  expect(host.options?.xml).toContain(`/default-pool/${build.prepared.plan.names.overlay}`);
  host.say('serial0', 'Debian GNU/Linux 13 web ttyS0\r\n\r\nweb lo');
  host.say('serial0', 'gin: ');
  host.say('serial0', report('running'));
  await done;
  expect(host.guest.end).toHaveBeenCalledOnce();
  expect(await volumeNames(connection)).toEqual([]);
});

test('what the system says is kept in a log', async () => {
  const { done } = await running();
  host.say('serial0', `web login: ${report('running')}`);
  await done;
  host.options?.channels[0]?.onEnd?.();
  const log = join(build.context.directory, 'verify.log');
  await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toBe(`web login: ${report('running')}`));
});

test.each([
  ['degraded', [{ unit: 'nginx.service' }], 'failed units: nginx.service'],
  ['maintenance', [], 'systemd names no failed unit'],
])('a system that is %s is refused', async (state, failed, why) => {
  const { done } = await running();
  host.say('serial0', `web login: ${report(state, failed)}`);
  await expect(done).rejects.toMatchObject({
    code: 'VAPP_VERIFY_SYSTEM',
    message: `the finished system boots, but its state is ${state}`,
    why,
    hint: 'vapp logs --log verify web-20250102-abcdef',
  });
  expect(await volumeNames(connection)).toEqual([]);
});

test.each([
  [
    'GRUB loading\r\nKernel panic\r\n',
    'no login prompt came on the serial console; the guest ended: crashed',
  ],
  ['web login: ', 'the system did not say how it is; the guest ended: crashed'],
])('a guest that ends after %j is no success', async (text, why) => {
  const { done } = await running();
  host.say('serial0', text);
  host.stop('crashed');
  await expect(done).rejects.toMatchObject({
    code: 'VAPP_VERIFY_BOOT',
    message: 'the finished system does not boot as it should',
    why,
    hint: 'vapp logs --log verify web-20250102-abcdef',
    excerpt: expect.stringContaining(text.split('\r\n').at(-2) ?? text),
  });
});

test('a kernel that gives up is not waited for', async () => {
  const { done } = await running();
  host.say('serial0', '[    7.2] Kernel panic - not syncing: sysrq triggered crash\r\n[    7.3] CPU: 0\r\n');
  await expect(done).rejects.toMatchObject({
    code: 'VAPP_VERIFY_BOOT',
    why: 'no login prompt came on the serial console; its kernel crashed: Kernel panic - not syncing: sysrq triggered crash',
  });
  expect(await volumeNames(connection)).toEqual([]);
});

test('a guest that someone destroys: that is the reason', async () => {
  const { done } = await running();
  host.stop('destroyed');
  await expect(done).rejects.toMatchObject({
    code: 'VAPP_BUILD_GUEST',
    cause: expect.objectContaining({ code: 'VAPP_VERIFY_BOOT' }),
  });
});

test('nor is one that takes too long', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    expect(milliseconds).toBe(60_000);
    return AbortSignal.abort();
  });
  await expect(verify(build.context, build.prepared)).rejects.toMatchObject({
    code: 'VAPP_VERIFY_BOOT',
    why: 'no login prompt came on the serial console; 60 s have passed',
  });
  vi.restoreAllMocks();
});

test('with --keep a guest that is not well stays, with its overlay', async () => {
  build.context.options.keep = true;
  const { done } = await running();
  host.say('serial0', `web login: ${report('degraded')}`);
  await expect(done).rejects.toMatchObject({ code: 'VAPP_VERIFY_SYSTEM' });
  expect(host.guest.end).not.toHaveBeenCalled();
  expect(await volumeNames(connection)).toEqual([build.prepared.plan.names.overlay]);
});

test('cancelled, it gives the reason of that', async () => {
  const { done } = await running();
  build.cancel.abort(new Error('cancelled'));
  await expect(done).rejects.toThrow('cancelled');
  expect(host.guest.end).toHaveBeenCalledOnce();
});
