import { constants as c } from './constants.js';
import type { FailureReport } from './errors.js';
import type { FromEventLoop } from './event-loop-protocol.js';
import { CallFailure, type Native } from './native.js';
import type { Pointer } from './signature.js';

const chunkSize = 65_536;
// Bounds one message; libvirt calls again for the rest.
const chunksPerTurn = 16;
// One for all streams: a callback reads it empty before the next one runs.
const buffer = new Uint8Array(chunkSize);
const wouldBlock = -2;
const always = c.VIR_STREAM_EVENT_ERROR | c.VIR_STREAM_EVENT_HANGUP;

/**
 * One non-blocking stream on the event loop's thread: passes on what arrives, sends what is queued. It never makes a
 * call that waits for the daemon: virStreamFinish and virStreamAbort are left to a lane.
 */
export class ConsolePump {
  readonly #n: Native;
  readonly #stream: Pointer<'Stream'>;
  readonly #post: (message: FromEventLoop) => void;
  readonly #callback: bigint;
  readonly #queue: Uint8Array[] = [];
  #paused = false;
  #done = false;

  constructor(n: Native, stream: Pointer<'Stream'>, post: (message: FromEventLoop) => void) {
    this.#n = n;
    this.#stream = stream;
    this.#post = post;
    this.#callback = n.koffi.register(
      (_stream: unknown, events: number) => this.#onEvents(events),
      n.callbackTypes.virStreamEventCallback,
    );
    n.call('virStreamEventAddCallback', stream, this.#interest(), this.#callback, null, null);
  }

  write(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#queue.push(bytes);
    this.#guard(() => this.#flush());
  }

  pause(paused: boolean): void {
    if (this.#done) return;
    this.#paused = paused;
    this.#update();
  }

  /** Stops listening. The stream itself stays open. */
  detach(): void {
    if (this.#done) return;
    this.#done = true;
    this.#n.raw('virStreamEventRemoveCallback', this.#stream);
    // libvirt may still be inside the callback that led here.
    setImmediate(() => this.#n.koffi.unregister(this.#callback));
  }

  #interest(): number {
    const readable = this.#paused ? 0 : c.VIR_STREAM_EVENT_READABLE;
    const writable = this.#queue.length > 0 ? c.VIR_STREAM_EVENT_WRITABLE : 0;
    return readable | writable | always;
  }

  #update(): void {
    this.#n.call('virStreamEventUpdateCallback', this.#stream, this.#interest());
  }

  #onEvents(events: number): void {
    if (this.#done) return;
    this.#guard(() => {
      // After a hang-up libvirt would call again at once and for ever: read all that it still holds, then end.
      const last = (events & always) !== 0;
      if (last || events & c.VIR_STREAM_EVENT_READABLE)
        this.#pump(last ? Number.POSITIVE_INFINITY : chunksPerTurn);
      if (!this.#done && events & c.VIR_STREAM_EVENT_WRITABLE) this.#flush();
      if (!this.#done && last) this.#end();
    });
  }

  /** An exception must not reach libvirt's C code. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#end(error instanceof CallFailure ? error.report : unexpected(error));
    }
  }

  #pump(limit: number): void {
    const chunks: Uint8Array[] = [];
    let length = 1;
    while (chunks.length < limit) {
      length = this.#n.raw('virStreamRecv', this.#stream, buffer, chunkSize);
      if (length <= 0) break;
      chunks.push(buffer.slice(0, length));
    }
    if (chunks.length > 0)
      this.#post({ type: 'data', stream: this.#stream, bytes: new Uint8Array(Buffer.concat(chunks)) });
    if (length === 0) this.#end();
    else if (length < 0 && length !== wouldBlock) this.#end(this.#n.failure('virStreamRecv').report);
  }

  #flush(): void {
    while (this.#queue[0]) {
      const sent = this.#n.raw('virStreamSend', this.#stream, this.#queue[0], this.#queue[0].length);
      if (sent === wouldBlock) break;
      if (sent < 0) throw this.#n.failure('virStreamSend');
      if (sent < this.#queue[0].length) this.#queue[0] = this.#queue[0].subarray(sent);
      else this.#queue.shift();
    }
    this.#update();
    if (this.#queue.length === 0) this.#post({ type: 'drained', stream: this.#stream });
  }

  #end(failure?: FailureReport): void {
    this.detach();
    this.#post({ type: 'ended', stream: this.#stream, ...(failure && { failure }) });
  }
}

const unexpected = (error: unknown): FailureReport => ({
  api: 'virStreamEventAddCallback',
  libvirtCode: c.VIR_ERR_INTERNAL_ERROR,
  domain: c.VIR_FROM_NONE,
  message: error instanceof Error ? error.message : String(error),
});
