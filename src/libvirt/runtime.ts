import { EventLoop } from './event-loop.js';
import { WorkerLane } from './lane.js';
import { Lanes } from './lanes.js';
import { exitNow } from './native.js';

/** The threads that all connections of this process share. */
export interface Runtime {
  lanes: Pick<Lanes, 'run'>;
  /** Absent without worker threads: then there are no events and no consoles. */
  events?: EventLoop;
}

// Longer than any turn of the event loop takes once it is woken.
const patience = 2000;

/**
 * Node waits for its worker threads when it exits, and a thread inside a C call does not hear that. The event loop can
 * be woken; a call that the daemon does not answer cannot, so then the process leaves without waiting. Guests that were
 * started with autodestroy go with the connection in either case.
 */
function leaveCleanly(lanes: Lanes, events: EventLoop): void {
  process.on('exit', (status) => {
    if (lanes.busy || !events.stopNow(patience)) exitNow(status);
  });
}

async function start(): Promise<Runtime> {
  const events = await EventLoop.start();
  const lanes = new Lanes(() => new WorkerLane());
  leaveCleanly(lanes, events);
  return { lanes, events };
}

let started: Promise<Runtime> | undefined;

/** The threads of this process, started at the first call. @throws VappError VAPP_LIBVIRT_MISSING, _NOT_BUILT */
export function runtime(): Promise<Runtime> {
  started ??= start().catch((error) => {
    started = undefined;
    throw error;
  });
  return started;
}
