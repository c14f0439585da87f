import { expect, test } from 'vitest';
import { orCancellation } from '../../src/build/cancellation.js';
import { VappError } from '../../src/errors.js';

const lost = new VappError('VAPP_LIBVIRT_CONNECTION_LOST', 'the connection to libvirt was lost');
const reason = new VappError('VAPP_CANCELLED_SIGINT', 'cancelled by SIGINT');

test('a connection that is lost a moment before the signal is heard was lost by it', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 50);
  expect(await orCancellation(lost, stop.signal)).toBe(reason);
});

test('without a signal the loss is why, and so is anything else with one', async () => {
  expect(await orCancellation(lost, new AbortController().signal)).toBe(lost);
  const other = new Error('no space left on device');
  expect(await orCancellation(other, AbortSignal.abort(reason))).toBe(other);
});
