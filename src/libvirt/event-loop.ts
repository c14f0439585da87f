import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { VappError } from '../errors.js';
import { type FromEventLoop, type Ready, shared, type ToEventLoop } from './event-loop-protocol.js';
import { native } from './native.js';
import type { CallbackAddresses } from './operations/connection.js';
import { workerFile } from './worker-file.js';

type ObjectMessage = Exclude<FromEventLoop, Ready | { type: 'broken' }>;
type Listener = (message: ObjectMessage) => void;

/**
 * libvirt's event loop in a thread of its own: lifecycle events, lost connections, consoles, keepalive. One per process,
 * since libvirt has one. It keeps the process alive only while `hold` is in force.
 */
export class EventLoop {
  readonly callbacks: CallbackAddresses;
  readonly #worker: Worker;
  readonly #flags: Int32Array<SharedArrayBuffer>;
  readonly #wakeTimer: number;
  readonly #listeners = new Map<bigint, Listener>();
  #holds = 0;
  #broken: VappError | undefined;

  private constructor(worker: Worker, flags: Int32Array<SharedArrayBuffer>, ready: Ready) {
    this.#worker = worker;
    this.#flags = flags;
    this.#wakeTimer = ready.wakeTimer;
    this.callbacks = { lifecycle: ready.lifecycle, closed: ready.closed };
    worker.on('message', (message: FromEventLoop) => this.#dispatch(message));
    worker.on('error', (error) => this.#break(error.message));
    worker.unref();
  }

  /** Must run before the first connection is opened: libvirt then takes its loop for it. */
  static async start(): Promise<EventLoop> {
    native().call('virEventRegisterDefaultImpl');
    const buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    const worker = new Worker(workerFile('event-loop-worker'), { workerData: buffer });
    const [ready] = (await once(worker, 'message')) as [Ready];
    return new EventLoop(worker, new Int32Array(buffer), ready);
  }

  /** Calls `listener` with what concerns one connection or stream. */
  listen(object: bigint, listener: Listener): void {
    this.#listeners.set(object, listener);
  }

  forget(object: bigint): void {
    this.#listeners.delete(object);
  }

  /** @throws VappError VAPP_LIBVIRT_FAILED when the loop has broken. */
  send(message: ToEventLoop): void {
    if (this.#broken) throw this.#broken;
    this.#worker.postMessage(message);
    this.#wake();
  }

  /** Keeps the process alive until the function that it gives is called. */
  hold(): () => void {
    if (this.#holds++ === 0) this.#worker.ref();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holds === 0) this.#worker.unref();
    };
  }

  /** Ends the thread's loop, waiting at most so long; false when it did not end. For the exit of the process. */
  stopNow(milliseconds: number): boolean {
    Atomics.store(this.#flags, shared.stop, 1);
    this.#wake();
    return Atomics.wait(this.#flags, shared.stopped, 0, milliseconds) !== 'timed-out';
  }

  #wake(): void {
    native().raw('virEventUpdateTimeout', this.#wakeTimer, 0);
  }

  #dispatch(message: FromEventLoop): void {
    if (message.type === 'ready') return;
    if (message.type === 'broken') this.#break(message.message);
    else this.#listeners.get('stream' in message ? message.stream : message.connection)?.(message);
  }

  #break(why: string): void {
    this.#broken = new VappError('VAPP_LIBVIRT_FAILED', 'the event loop of libvirt has stopped', { why });
    for (const [object, listener] of this.#listeners)
      listener({ type: 'closed', connection: object, reason: 0 });
  }
}
