import type { RangeDecoder } from './range-decoder.js';

/** So many probabilities of one half, as each stream begins. */
export const probabilities = (count: number): Uint16Array => new Uint16Array(count).fill(1024);

/** Lengths of matches: 2 to 9, 10 to 17, 18 to 273. */
export class LengthDecoder {
  readonly #choice = probabilities(2);
  readonly #low = probabilities(4 * 8);
  readonly #middle = probabilities(4 * 8);
  readonly #high = probabilities(256);

  read(coder: RangeDecoder, position: number): number {
    if (coder.bit(this.#choice, 0) === 0) return 2 + coder.tree(this.#low, position * 8, 3);
    if (coder.bit(this.#choice, 1) === 0) return 10 + coder.tree(this.#middle, position * 8, 3);
    return 18 + coder.tree(this.#high, 0, 8);
  }
}
