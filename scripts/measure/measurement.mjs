import { Ledger } from './ledger.mjs';
import { GuestMeter } from './process.mjs';

const sampleMilliseconds = 250;

/** One run under measure: the clock since `start`, the CPU seconds of the guests that fit, and what they are charged to. */
export class Measurement {
  #ledger = new Ledger();
  #meter;
  #began = performance.now();
  #item;
  #timer;

  constructor(fits) {
    this.#meter = new GuestMeter(fits);
  }

  /** Sets the clock to zero and samples from now on; `onSample` is called each time. */
  start(onSample = () => {}) {
    this.#began = performance.now();
    this.#timer = setInterval(() => {
      this.#meter.sample();
      onSample();
    }, sampleMilliseconds);
  }

  stop() {
    clearInterval(this.#timer);
  }

  now() {
    this.#meter.read();
    return { wall: (performance.now() - this.#began) / 1000, cpu: this.#meter.seconds() };
  }

  /** What follows is charged to this item; undefined changes nothing. True when it is another one than before. */
  charge(item) {
    if (item === undefined || item === this.#item) return false;
    this.#item = item;
    this.#ledger.mark(item, this.now());
    return true;
  }

  /** What is charged just now. */
  get item() {
    return this.#item;
  }

  /** CPU seconds of the guests that fit. */
  secondsOf(fits) {
    return this.#meter.seconds(fits);
  }

  /** { cpu, wall, rows } of the whole run. */
  finish() {
    const end = this.now();
    this.#ledger.close(end);
    return { ...end, rows: this.#ledger.rows };
  }
}
