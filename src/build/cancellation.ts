import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLost } from '../libvirt/index.js';

/** Milliseconds until a signal that was sent has surely been heard. */
const signalDelay = 300;

/** Ctrl-C reaches libvirt's ssh, which is in the foreground, too, and its end may be heard before the signal: that is why, then. */
export async function orCancellation(error: unknown, cancelled: AbortSignal): Promise<unknown> {
  if (!isConnectionLost(error)) return error;
  await sleep(signalDelay);
  return cancelled.aborted ? cancelled.reason : error;
}
