import { setTimeout as pause } from 'node:timers/promises';
import { slotsFor } from '../plan/index.js';
import type { BuildContext } from './context.js';
import { hypervisorFacts } from './host.js';
import type { Ticket } from './queue.js';

/** Milliseconds between two looks at the queue. */
const everyMilliseconds = 1000;

interface TurnOptions {
  ticket: Ticket;
  /** How many builds may run at once on this host; else as many as its memory and processors carry. */
  jobs: number | undefined;
  /** Whether the connection is this build's alone: nobody needs one to wait, and libvirt may be restarted meanwhile. */
  ownConnection: boolean;
}

/** Waits until it is this build's turn, told by `queued` events. Throws the signal's reason. */
export async function awaitTurn(context: BuildContext, o: TurnOptions): Promise<void> {
  const { connection, reconnect, journal, emit, cancelled } = context;
  const slots = o.jobs ?? slotsFor(context.resolved.appliance, await hypervisorFacts(connection));
  if (o.ticket.ahead(slots) < slots) return;
  journal.write({ op: 'queued' });
  const leave = o.ownConnection && reconnect !== undefined;
  if (leave) await connection.close();
  let told = -1;
  while (o.ticket.ahead(slots) >= slots) {
    const { before } = o.ticket;
    if (before !== told) emit({ type: 'queued', ahead: before });
    told = before;
    await pause(everyMilliseconds);
    cancelled.throwIfAborted();
  }
  if (leave) context.connection = await reconnect();
  journal.write({ op: 'turn' });
}
