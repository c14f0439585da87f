import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, connect } from '../libvirt/index.js';

/**
 * Connects again after a loss, at most ten times and for no longer than `limit`: a daemon that is restarted is away for some seconds,
 * and one that hangs takes a connection and never answers it. Rejects as the last try does.
 */
export async function reconnect(uri: string, pauseMilliseconds = 1000, limit = 25_000): Promise<Connection> {
  const end = performance.now() + limit;
  const tryOnce = () => connect(uri, { limit: Math.max(pauseMilliseconds, end - performance.now()) });
  for (let left = 9; left > 0 && performance.now() < end; left--) {
    try {
      return await tryOnce();
    } catch {
      await sleep(pauseMilliseconds);
    }
  }
  return await tryOnce();
}
