import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { explainedByNetwork } from '../../../src/build/stages/network-loss.js';
import { VappError } from '../../../src/errors.js';
import type { Connection } from '../../../src/libvirt/index.js';
import { openInline } from '../../libvirt/inline.js';

const failure = new VappError('VAPP_INSTALLER_ERROR', 'the mirror does not answer');
const choice = { type: 'network', name: 'default' } as const;

let connection: Connection;
beforeEach(async () => {
  connection = await openInline();
});
afterEach(async () => {
  await connection.close();
});

test('a network that was stopped is the reason, and the failure its cause', async () => {
  const network = (await connection.lookupNetwork('default'))!;
  await network.destroy();
  expect(await explainedByNetwork(connection, choice, failure)).toMatchObject({
    code: 'VAPP_BUILD_NETWORK',
    message: 'the network default was stopped',
    hint: 'virsh -c test:///default net-start default, then build again',
    cause: failure,
  });
  await network.start();
});

test('one that is gone was removed', async () => {
  const gone = { ...choice, name: 'gone' };
  expect(await explainedByNetwork(connection, gone, failure)).toMatchObject({
    code: 'VAPP_BUILD_NETWORK',
    message: 'the network gone was removed',
  });
});

test('a guest that someone destroyed is the reason itself', async () => {
  const destroyed = new VappError('VAPP_BUILD_GUEST', 'the guest was ended from outside');
  expect(await explainedByNetwork(connection, { ...choice, name: 'gone' }, destroyed)).toBe(destroyed);
});

test('a network that is there, user networking and a bridge explain nothing', async () => {
  expect(await explainedByNetwork(connection, choice, failure)).toBe(failure);
  expect(await explainedByNetwork(connection, { type: 'user' }, failure)).toBe(failure);
  expect(await explainedByNetwork(connection, { type: 'bridge', name: 'br0' }, failure)).toBe(failure);
});

test('libvirt that does not answer any more is told by its own error', async () => {
  const lost = new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'lost');
  const lookup = vi.spyOn(connection, 'lookupNetwork').mockRejectedValue(lost);
  expect(await explainedByNetwork(connection, choice, failure)).toBe(failure);
  lookup.mockClear();
  expect(await explainedByNetwork(connection, choice, lost)).toBe(lost);
  expect(lookup).not.toHaveBeenCalled();
});
