import { Damaged } from '../damaged.js';

const topValue = 2 ** 24;
/** The range decoder of LZMA: one probability of 11 bits per decision. Each method throws Damaged when the input ends. */
export class RangeDecoder {
  #range = 0xffff_ffff;
  #code = 0;
  #at = 0;
  readonly #input: Buffer;

  constructor(input: Buffer) {
    this.#input = input;
    if (this.#next() !== 0) throw new Damaged('the compressed data do not begin with a zero');
    for (let count = 0; count < 4; count += 1) this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  /** Bytes that were used up. */
  get used(): number {
    return this.#at;
  }

  /** An encoder that ends where it says leaves nothing behind; anything else comes of damaged data. */
  get finished(): boolean {
    return this.#code === 0;
  }

  bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index]!;
    const bound = (this.#range >>> 11) * probability;
    const one = this.#code >= bound;
    if (one) {
      this.#range -= bound;
      this.#code -= bound;
      probabilities[index] = probability - (probability >>> 5);
    } else {
      this.#range = bound;
      probabilities[index] = probability + ((2048 - probability) >>> 5);
    }
    this.#normalise();
    return one ? 1 : 0;
  }

  direct(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1) {
      this.#range >>>= 1;
      const one = this.#code >= this.#range;
      if (one) this.#code -= this.#range;
      value = value * 2 + (one ? 1 : 0);
      this.#normalise();
    }
    return value;
  }

  tree(probabilities: Uint16Array, from: number, bits: number): number {
    let symbol = 1;
    for (let bit = 0; bit < bits; bit += 1) symbol = symbol * 2 + this.bit(probabilities, from + symbol);
    return symbol - 2 ** bits;
  }

  reverseTree(probabilities: Uint16Array, from: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      const next = this.bit(probabilities, from + symbol);
      symbol = symbol * 2 + next;
      value += next * 2 ** bit;
    }
    return value;
  }

  #normalise(): void {
    if (this.#range >= topValue) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  #next(): number {
    const byte = this.#input[this.#at];
    if (byte === undefined) throw new Damaged('the compressed data end too early');
    this.#at += 1;
    return byte;
  }
}
