import { Duplex } from 'node:stream';
import { LibvirtError } from './errors.js';
import type { FromEventLoop } from './event-loop-protocol.js';
import type { Owner } from './reference.js';
import type { Pointer } from './signature.js';

/**
 * A guest's serial console. It ends when the guest goes away, and is destroyed with a LibvirtError when the connection
 * breaks. While it is open the process stays alive.
 */
export class Console extends Duplex {
  readonly #owner: Owner;
  readonly #stream: Pointer<'Stream'>;
  readonly #letGo: () => void;
  #written: (() => void) | undefined;
  #detached: (() => void) | undefined;
  #paused = false;
  #ended = false;
  #failed = false;

  constructor(owner: Owner, stream: Pointer<'Stream'>) {
    super({ allowHalfOpen: false });
    const events = owner.events();
    this.#owner = owner;
    this.#stream = stream;
    this.#letGo = events.hold();
    owner.consoles.add(this);
    events.listen(stream, (message) => this.#onMessage(message));
    events.send({ type: 'attach', stream });
  }

  override _read(): void {
    if (!this.#paused || this.#ended) return;
    this.#paused = false;
    this.#owner.events().send({ type: 'resume', stream: this.#stream });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#ended) {
      done(new Error('the console has ended'));
      return;
    }
    this.#written = () => done();
    this.#owner.events().send({ type: 'write', stream: this.#stream, bytes: new Uint8Array(chunk) });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#close().then(
      () => done(error),
      (failure: Error) => done(error ?? failure),
    );
  }

  #onMessage(message: Exclude<FromEventLoop, { type: 'ready' | 'broken' }>): void {
    if (message.type === 'data') this.#onData(message.bytes);
    else if (message.type === 'drained') this.#takeWritten()?.();
    else if (message.type === 'detached') this.#detached?.();
    else if (message.type === 'ended') this.#onEnd(message.failure && new LibvirtError(message.failure));
    else if (message.type === 'closed') this.destroy(new Error('the event loop of libvirt has stopped'));
  }

  #takeWritten(): (() => void) | undefined {
    const written = this.#written;
    this.#written = undefined;
    return written;
  }

  #onData(bytes: Uint8Array): void {
    if (this.destroyed || this.push(bytes) || this.#paused) return;
    this.#paused = true;
    this.#owner.events().send({ type: 'pause', stream: this.#stream });
  }

  #onEnd(failure: LibvirtError | undefined): void {
    this.#ended = true;
    this.#failed = failure !== undefined;
    this.#detached?.();
    // What was being written is gone with the guest; a stream that waits for it would never close.
    this.#takeWritten()?.();
    if (failure) this.destroy(failure);
    else if (!this.destroyed) this.push(null);
  }

  async #close(): Promise<void> {
    const events = this.#owner.events();
    try {
      if (!this.#ended) {
        const detached = new Promise<void>((resolve) => {
          this.#detached = resolve;
        });
        events.send({ type: 'detach', stream: this.#stream });
        await detached;
      }
      // Before the address is free for another stream.
      events.forget(this.#stream);
      await this.#finish();
    } finally {
      this.#owner.consoles.delete(this);
      this.#letGo();
    }
  }

  /** The daemon's answer does not matter: the guest, or the connection, may be gone already. */
  async #finish(): Promise<void> {
    const task = this.#ended && !this.#failed ? 'finishStream' : 'abortStream';
    await this.#owner.lanes.run(task, this.#stream).catch((error) => {
      if (!(error instanceof LibvirtError)) throw error;
    });
  }
}
