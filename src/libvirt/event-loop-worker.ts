import { parentPort, workerData } from 'node:worker_threads';
import { ConsolePump } from './console-pump.js';
import { type FromEventLoop, shared, type ToEventLoop } from './event-loop-protocol.js';
import { native } from './native.js';
import { readUuid } from './operations/objects.js';
import type { Pointer } from './signature.js';

// libvirt's event loop. One turn is one poll in C, then one turn of this thread's own loop for messages.

const n = native();
const flags = new Int32Array(workerData as SharedArrayBuffer);
const pumps = new Map<bigint, ConsolePump>();
const post = (message: FromEventLoop) => {
  if (message.type === 'ended') pumps.delete(message.stream);
  parentPort?.postMessage(message);
};

/** An exception that got out of a callback would surface inside libvirt's C code. */
const guarded =
  <Args extends unknown[]>(run: (...args: Args) => void) =>
  (...args: Args): 0 => {
    try {
      run(...args);
    } catch (error) {
      post({ type: 'broken', message: String(error) });
    }
    return 0;
  };

function addTimer(milliseconds: number, run: (timer: number) => void): number {
  const callback = n.koffi.register(guarded(run), n.callbackTypes.virEventTimeoutCallback);
  return n.call('virEventAddTimeout', milliseconds, callback, null, null);
}

const wakeTimer = addTimer(-1, (timer) => n.raw('virEventUpdateTimeout', timer, -1));
// The close callback may be raised on a lane's thread, and koffi then waits for this thread's loop: so no poll may
// last longer than this.
const heartbeat = addTimer(1000, () => undefined);

const lifecycle = n.koffi.register(
  guarded((connection: bigint, domain: Pointer<'Domain'>, event: number, detail: number) =>
    post({
      type: 'lifecycle',
      connection,
      name: n.raw('virDomainGetName', domain) ?? '',
      uuid: readUuid(n, 'virDomainGetUUIDString', domain),
      event,
      detail,
    }),
  ),
  n.callbackTypes.virConnectDomainEventCallback,
);

const closed = n.koffi.register(
  guarded((connection: bigint, reason: number) => post({ type: 'closed', connection, reason })),
  n.callbackTypes.virConnectCloseFunc,
);

function detach(stream: bigint): void {
  pumps.get(stream)?.detach();
  pumps.delete(stream);
  post({ type: 'detached', stream });
}

function handle(message: ToEventLoop): void {
  const { stream } = message;
  if (message.type === 'attach') pumps.set(stream, new ConsolePump(n, stream as Pointer<'Stream'>, post));
  else if (message.type === 'write') pumps.get(stream)?.write(message.bytes);
  else if (message.type === 'detach') detach(stream);
  else pumps.get(stream)?.pause(message.type === 'pause');
}

parentPort?.on('message', guarded(handle));

function turn(): void {
  if (Atomics.load(flags, shared.stop)) stop();
  else {
    n.call('virEventRunDefaultImpl');
    setImmediate(turn);
  }
}

function stop(): void {
  n.raw('virEventRemoveTimeout', wakeTimer);
  n.raw('virEventRemoveTimeout', heartbeat);
  Atomics.store(flags, shared.stopped, 1);
  Atomics.notify(flags, shared.stopped);
  parentPort?.close();
}

post({ type: 'ready', wakeTimer, lifecycle, closed });
setImmediate(turn);
