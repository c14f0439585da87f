interface PulseOptions {
  /** Milliseconds for a daemon that answers nothing. */
  patience: number;
  /** Whether anybody waits for an answer. */
  isAwaited(): boolean;
  /** Asks what every daemon answers at once; settles with the answer, or when none can come any more. */
  ask(): Promise<unknown>;
  onSilence(): void;
}

/**
 * Keepalive of libvirt's client does not wake a call that sends, such as an upload, nor several that wait (seen with 9.0), and
 * then no close callback comes. So a daemon that has long left a call without an answer is asked for its version.
 */
export class Pulse {
  readonly #o: PulseOptions;
  readonly #timer: NodeJS.Timeout;
  /** When the daemon was asked a question that it has not answered yet. */
  #asked: number | undefined;

  constructor(o: PulseOptions) {
    this.#o = o;
    this.#timer = setInterval(() => void this.#feel(), o.patience / 3);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #feel(): Promise<void> {
    const now = performance.now();
    if (this.#asked !== undefined && now - this.#asked >= this.#o.patience) this.#o.onSilence();
    if (this.#asked !== undefined || !this.#o.isAwaited()) return;
    this.#asked = now;
    await this.#o.ask().catch(() => undefined);
    this.#asked = undefined;
  }
}
