import type { Connection } from '../libvirt/index.js';

interface Shared extends AsyncDisposable {
  /** The connection of the last call, or another one if that is lost by now. Rejects as `reconnect` does; the next call tries again. */
  living(): Promise<Connection>;
}

/** One connection for all builds of a process, and after a loss one for those that had not begun. Closes all but the first. */
export function shareConnection(first: Connection, reconnect: () => Promise<Connection>): Shared {
  const later: Connection[] = [];
  let looking: Promise<Connection> | undefined;
  const look = async (): Promise<Connection> => {
    const newest = later.at(-1) ?? first;
    if (await isAlive(newest)) return newest;
    const opened = await reconnect();
    // Each build listens.
    opened.setMaxListeners(0);
    later.push(opened);
    return opened;
  };
  return {
    living: () => {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.allSettled(later.map((connection) => connection.close()));
    },
  };
}

const isAlive = async (connection: Connection): Promise<boolean> => {
  try {
    return await connection.isAlive();
  } catch {
    // It was lost while it was asked.
    return false;
  }
};
