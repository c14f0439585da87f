import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { EventLoop } from './event-loop.js';
import { WorkerLane } from './lane.js';
import { Lanes } from './lanes.js';
import { exitNow } from './native.js';

/** The threads that all connections of this process share. */
export interface Runtime {
  lanes: Pick<Lanes, 'run'> & Partial<Pick<Lanes, 'letGo' | 'avoid'>>;
  /** Absent without worker threads: then there are no events and no consoles. */
  events?: EventLoop;
}

// Longer than any turn of the event loop takes once it is woken.
const patience = 2000;

type ExitListener = (status: number) => void;

/** Calls the listeners that are still to come after this one. */
function callLater(self: ExitListener, status: number): void {
  const all = process.listeners('exit') as ExitListener[];
  for (const listener of all.slice(all.indexOf(self) + 1)) {
    try {
      listener(status);
    } catch {
      // As with process.exit, nothing can be reported any more.
    }
  }
}

/**
 * Node waits for its worker threads when it exits, and a thread inside a C call does not hear that. The event loop can
 * be woken; a call that the daemon does not answer cannot, so then the process leaves without waiting. Guests that were
 * started with autodestroy go with the connection in either case.
 */
function leaveCleanly(lanes: Lanes, events: EventLoop): void {
  let uncaught: unknown;
  process.on('uncaughtExceptionMonitor', (error) => {
    if (process.listenerCount('uncaughtException') === 0) uncaught = error;
  });
  const onExit: ExitListener = (status) => {
    if (!lanes.busy && events.stopNow(patience)) return;
    callLater(onExit, status);
    // Node prints it after this listener only.
    if (uncaught !== undefined) writeSync(process.stderr.fd, `${inspect(uncaught)}\n`);
    exitNow(status);
  };
  process.on('exit', onExit);
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
