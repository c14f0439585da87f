import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runInstaller } from '../../../src/build/stages/install.js';
import { deferred } from '../../../src/deferred.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
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
  await connection.close();
});

const running = async () => {
  const done = runInstaller(build.context, build.prepared);
  done.catch(() => undefined);
  await vi.waitFor(() => expect(host.guest.ended).toHaveBeenCalled());
  return { done };
};
const file = (name: string) => join(build.context.directory, name);

test('a guest that vanishes without its end mark has failed; screen, picture and logs stay', async () => {
  const { done } = await running();
  host.say('serial0', 'Loading additional components\r\n');
  host.say('serial1', 'Jan  1 00:00:00 anna[1]: DEBUG: retrieving\n');
  host.stop('crashed');
  await expect(done).rejects.toMatchObject({ code: expect.stringMatching(/^VAPP_INSTALLER_/) });
  expect(readFileSync(file('screen.txt'), 'utf8')).toContain('Loading additional components');
  expect(readFileSync(file('screen.png'), 'utf8')).toBe('PNG');
  expect(host.guest.end).toHaveBeenCalledOnce();
  for (const channel of host.options?.channels ?? []) channel.onEnd?.();
  await vi.waitFor(() => {
    expect(readFileSync(file('console.log'), 'utf8')).toBe('Loading additional components\r\n');
    expect(readFileSync(file('syslog.log'), 'utf8')).toContain('anna[1]');
  });
});

test('a guest that someone destroys: that is the reason', async () => {
  const { done } = await running();
  host.stop('destroyed');
  await expect(done).rejects.toMatchObject({
    code: 'VAPP_BUILD_GUEST',
    cause: expect.objectContaining({ code: 'VAPP_INSTALLER_VANISHED' }),
  });
});

test('a picture that cannot be taken costs nothing', async () => {
  host.guest.domain.screenshot.mockRejectedValue(new Error('the guest is gone'));
  const { done } = await running();
  host.stop('crashed');
  await expect(done).rejects.toMatchObject({ code: expect.stringMatching(/^VAPP_INSTALLER_/) });
  expect(existsSync(file('screen.txt'))).toBe(true);
  expect(existsSync(file('screen.png'))).toBe(false);
});

test('a guest that is cut off from its packages is ended at once, and the reason is the error', async () => {
  const cut = deferred<never>();
  const done = runInstaller(build.context, { ...build.prepared, cutOff: cut.promise });
  await vi.waitFor(() => expect(host.guest.ended).toHaveBeenCalled());
  cut.reject(new Error('the ssh connection ended'));
  await expect(done).rejects.toThrow('the ssh connection ended');
  expect(host.guest.end).toHaveBeenCalledOnce();
});

test('with --keep the guest stays ', async () => {
  build.context.options.keep = true;
  const { done } = await running();
  expect(host.options?.keep).toBe(true);
  build.cancel.abort(new Error('cancelled'));
  await expect(done).rejects.toThrow('cancelled');
  expect(host.guest.end).not.toHaveBeenCalled();
});

test('evidence that cannot be written does not hide the reason', async () => {
  const { done } = await running();
  rmSync(build.context.directory, { recursive: true });
  build.cancel.abort(new Error('cancelled'));
  await expect(done).rejects.toThrow('cancelled');
  expect(build.events.at(-1)).toMatchObject({
    type: 'warning',
    text: expect.stringContaining('the guest’s screen is not kept'),
  });
});

test('cancelled, it ends the guest and gives the reason', async () => {
  const { done } = await running();
  build.cancel.abort(new Error('cancelled'));
  await expect(done).rejects.toThrow('cancelled');
  expect(host.guest.end).toHaveBeenCalledOnce();
});

test('both consoles are read, and the guest ends with our connection', async () => {
  await running();
  expect(host.options?.channels.map(({ device }) => device)).toEqual(['serial0', 'serial1']);
  expect(host.options).toMatchObject({ xml: '<domain/>', engine: 'qemu', keep: false });
  host.stop('shutdown');
});
