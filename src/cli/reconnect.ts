import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, connect } from '../libvirt/index.js';

/** Connects again after a loss, at most ten times: a daemon that is restarted is away for some seconds. Rejects as the last try does. */
export async function reconnect(uri: string, pauseMilliseconds = 1000): Promise<Connection> {
  for (let left = 9; left > 0; left--) {
    try {
      return await connect(uri);
    } catch {
      await sleep(pauseMilliseconds);
    }
  }
  return await connect(uri);
}
