import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openRoute } from '../../../src/build/host/proxy-route.js';
import { checkWayBack } from '../../../src/cli/doctor/way-back.js';
import { VappError } from '../../../src/errors.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';
import { facts, xenFacts } from '../../plan/helpers.js';

vi.mock('../../../src/build/host/proxy-route.js', () => ({ openRoute: vi.fn() }));

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
  vi.clearAllMocks();
});

const check = (remote: boolean) => checkWayBack(connection, facts({ remote }), new AbortController().signal);

test('on this machine there is nothing to look at', async () => {
  expect(await check(false)).toEqual([]);
  expect(openRoute).not.toHaveBeenCalled();
});

test('a way through ssh is tried and closed again', async () => {
  const close = vi.fn();
  vi.mocked(openRoute).mockImplementation(async ({ scope }) => {
    scope.defer('the ssh forward', close);
    return { listen: { host: '' }, guestAddress: () => '', lost: new Promise(() => undefined) };
  });
  expect(await check(true)).toEqual([{ status: 'ok', what: 'packages reach the host’s guests through ssh' }]);
  expect(close).toHaveBeenCalledOnce();
});

test.each([true, false])(
  'on Xen it is that of the network default, if that is active: %s',
  async (active) => {
    const host = xenFacts({ remote: true, networks: [{ name: 'default', active }] });
    vi.mocked(openRoute).mockResolvedValue({ listen: { host: '' }, guestAddress: () => '' });
    await checkWayBack(connection, host, new AbortController().signal);
    const tried = vi.mocked(openRoute).mock.calls.map(([, , network]) => network);
    expect(tried).toEqual(active ? [{ type: 'network', name: 'default' }] : []);
  },
);

test('one that is refused is told as a build would', async () => {
  const refusal = { why: 'its sshd refuses', hint: '--proxy-address HOST' };
  vi.mocked(openRoute).mockRejectedValue(
    new VappError('VAPP_HOST_FORWARD', 'kvm1 forwards no port', refusal),
  );
  expect(await check(true)).toEqual([{ status: 'bad', what: 'kvm1 forwards no port', ...refusal }]);
});
