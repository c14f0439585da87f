import { expect, test } from 'vitest';
import { isBusy, waitingOut } from '../../src/libvirt/busy.js';
import { constants as c } from '../../src/libvirt/constants.js';
import { LibvirtError } from '../../src/libvirt/errors.js';

const failure = (message: string, libvirtCode: number = c.VIR_ERR_INTERNAL_ERROR) =>
  new LibvirtError({ api: 'virStoragePoolRefresh', libvirtCode, domain: 18, message });

// The texts are libvirt's own.
test.each([
  [failure("internal error: pool 'default' has asynchronous jobs running."), true],
  [failure("volume 'web' is still being allocated.", c.VIR_ERR_OPERATION_INVALID), true],
  [failure("volume 'web' is still in use.", c.VIR_ERR_OPERATION_INVALID), true],
  [failure('resource busy', c.VIR_ERR_RESOURCE_BUSY), true],
  [
    failure(
      'Timed out during operation: cannot acquire state change lock (held by monitor=virsh)',
      c.VIR_ERR_OPERATION_TIMEOUT,
    ),
    true,
  ],
  [
    failure('Failed to terminate process 4711 with SIGKILL: Device or resource busy', c.VIR_ERR_SYSTEM_ERROR),
    true,
  ],
  [failure("storage pool 'default' is not active", c.VIR_ERR_OPERATION_INVALID), false],
  [new Error("pool 'default' has asynchronous jobs running."), false],
])('%s is busy: %s', (error, busy) => {
  expect(isBusy(error)).toBe(busy);
});

/** Fails so many times with an error before it succeeds. */
function failing(times: number, error: Error) {
  let tries = 0;
  const work = async () => {
    if (tries++ < times) throw error;
    return 'done';
  };
  return { work, tries: () => tries };
}
const jobs = failure("pool 'default' has asynchronous jobs running.");

test('a busy pool is asked again until it is not', async () => {
  const { work, tries } = failing(3, jobs);
  expect(await waitingOut(work, { limit: 10_000, first: 1 })).toBe('done');
  expect(tries()).toBe(4);
});

test('patience has an end, and the error is libvirt’s own', async () => {
  const { work, tries } = failing(100, jobs);
  await expect(waitingOut(work, { limit: 10, first: 4 })).rejects.toBe(jobs);
  expect(tries()).toBeLessThan(5);
});

test('any other failure is thrown at once', async () => {
  const other = failure('cannot open volume');
  const { work, tries } = failing(1, other);
  await expect(waitingOut(work)).rejects.toBe(other);
  expect(tries()).toBe(1);
});
