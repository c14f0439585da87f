import { setTimeout as sleep } from 'node:timers/promises';
import { constants as c } from './constants.js';
import { LibvirtError } from './errors.js';

/**
 * Busy states that pass by themselves, and have no error number of their own: a pool while volumes of it are made or filled, a volume
 * until its stream is closed (src/storage/storage_driver.c of libvirt), a domain that another client has at work, a QEMU process
 * whose writes are still under way when it is killed (src/qemu/qemu_process.c, src/util/virprocess.c).
 */
const passing = new RegExp(
  [
    'has asynchronous jobs running',
    'is still being allocated',
    'is still in use',
    'cannot acquire state change lock',
    'Failed to terminate process .* Device or resource busy',
  ].join('|'),
);

/** Whether libvirt has refused a call only because something else is under way. */
export const isBusy = (error: unknown): error is LibvirtError =>
  error instanceof LibvirtError &&
  (error.libvirtCode === c.VIR_ERR_RESOURCE_BUSY || passing.test(error.message));

interface Patience {
  /** Milliseconds in all. */
  limit: number;
  /** Milliseconds before the second try; twice as many before each further one, up to 2 s. */
  first: number;
}

const longest = 2000;

/** Does it again as long as libvirt says that it is busy; throws that error when patience is at an end, and any other at once. */
export async function waitingOut<T>(
  work: () => Promise<T>,
  { limit, first }: Patience = { limit: 60_000, first: 100 },
): Promise<T> {
  const end = performance.now() + limit;
  for (let pause = first; ; pause = Math.min(longest, pause * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || performance.now() + pause > end) throw error;
      await sleep(pause);
    }
  }
}
