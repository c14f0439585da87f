import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '../../libvirt/index.js';
import { buildMemory, fitsIn } from '../../plan/index.js';
import type { BuildContext } from '../context.js';
import { roomOnHost } from '../host/room.js';
import type { Ticket } from './queue.js';

/** Milliseconds between two looks at the queue. */
const everyMilliseconds = 1000;

/** How many looks there are to a count of those before: each ticket is looked at for it, of each build that waits. */
const looksPerCount = 5;

interface TurnOptions {
  ticket: Ticket;
  /** How many builds may run at once on this host, whatever they take; else as many as its memory and processors carry. */
  jobs: number | undefined;
  /** Gives the connection to go on with, if other builds use the given one, too. */
  shared: (() => Promise<Connection>) | undefined;
}

/**
 * Waits until it is this build's turn, told by `queued` events. Nobody needs a connection to wait, and libvirt may be restarted
 * meanwhile: a build gives back its own, and those that share one find another if that is lost. Throws the signal's reason.
 */
export async function awaitTurn(context: BuildContext, o: TurnOptions): Promise<void> {
  const { connection, reconnect, journal, emit, cancelled } = context;
  const room = o.jobs === undefined ? await roomOnHost(connection) : { builds: o.jobs };
  const own = buildMemory(context.resolved.appliance);
  const isDue = (): boolean => fitsIn(room, own, o.ticket.ahead());
  if (isDue()) return;
  journal.write({ op: 'queued' });
  const renew = o.shared ?? reconnect;
  if (renew && !o.shared) await connection.close();
  let told = -1;
  for (let looks = 0; !isDue(); looks++) {
    const before = looks % looksPerCount === 0 ? o.ticket.before : told;
    if (before !== told) emit({ type: 'queued', ahead: before });
    told = before;
    await pause(everyMilliseconds);
    cancelled.throwIfAborted();
  }
  if (renew) context.connection = await renew();
  journal.write({ op: 'turn' });
}
