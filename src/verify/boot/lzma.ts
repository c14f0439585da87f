import { breathe } from '../../breathe.js';
import { Damaged } from '../damaged.js';
import { LengthDecoder, probabilities } from './lzma-length.js';
import { RangeDecoder } from './range-decoder.js';

// util/mkimage.c of GRUB encodes with lc=3, lp=0, pb=2.
const literalContextBits = 3;
const positionMask = 3;

/** Symbols that are decoded between two looks at the clock. */
const atOnce = 1024;

const afterLiteral = (state: number): number => {
  if (state < 4) return 0;
  return state < 10 ? state - 3 : state - 6;
};

/** The decoder of one stream; the names are those of the LZMA specification (lzma-specification.txt of the LZMA SDK). */
class Decoder {
  readonly #coder: RangeDecoder;
  readonly #output: Buffer;
  #length = 0;
  #state = 0;
  readonly #distances = [0, 0, 0, 0];
  readonly #isMatch = probabilities(12 * 4);
  readonly #isRep = probabilities(12);
  readonly #isRepG0 = probabilities(12);
  readonly #isRepG1 = probabilities(12);
  readonly #isRepG2 = probabilities(12);
  readonly #isRep0Long = probabilities(12 * 4);
  readonly #literals = probabilities(0x300 << literalContextBits);
  readonly #slots = probabilities(4 * 64);
  readonly #special = probabilities(115);
  readonly #align = probabilities(16);
  readonly #matchLength = new LengthDecoder();
  readonly #repLength = new LengthDecoder();

  constructor(coder: RangeDecoder, size: number) {
    this.#coder = coder;
    this.#output = Buffer.alloc(size);
  }

  async run(): Promise<Buffer> {
    for (let symbols = 1; this.#length < this.#output.length; symbols++) {
      if (symbols % atOnce === 0) await breathe();
      const position = this.#length & positionMask;
      if (this.#coder.bit(this.#isMatch, this.#state * 4 + position) === 0) this.#literal();
      else if (this.#coder.bit(this.#isRep, this.#state) === 0) this.#match(position);
      else this.#repetition(position);
    }
    return this.#output;
  }

  #literal(): void {
    const previous = this.#length > 0 ? this.#output[this.#length - 1]! : 0;
    const from = 0x300 * (previous >>> (8 - literalContextBits));
    let symbol = 1;
    if (this.#state >= 7) {
      let match = this.#output[this.#length - this.#distances[0]! - 1]!;
      while (symbol < 0x100) {
        const expected = (match >>> 7) & 1;
        match <<= 1;
        const bit = this.#coder.bit(this.#literals, from + ((1 + expected) << 8) + symbol);
        symbol = symbol * 2 + bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = symbol * 2 + this.#coder.bit(this.#literals, from + symbol);
    this.#output[this.#length] = symbol & 0xff;
    this.#length += 1;
    this.#state = afterLiteral(this.#state);
  }

  #match(position: number): void {
    const length = this.#matchLength.read(this.#coder, position);
    this.#state = this.#state < 7 ? 7 : 10;
    this.#distances.pop();
    this.#distances.unshift(this.#distance(length));
    this.#copy(length);
  }

  #repetition(position: number): void {
    if (this.#coder.bit(this.#isRepG0, this.#state) === 0) {
      if (this.#coder.bit(this.#isRep0Long, this.#state * 4 + position) === 0) {
        this.#state = this.#state < 7 ? 9 : 11;
        this.#copy(1);
        return;
      }
    } else {
      const [distance] = this.#distances.splice(this.#whichDistance(), 1);
      this.#distances.unshift(distance!);
    }
    const length = this.#repLength.read(this.#coder, position);
    this.#state = this.#state < 7 ? 8 : 11;
    this.#copy(length);
  }

  #whichDistance(): number {
    if (this.#coder.bit(this.#isRepG1, this.#state) === 0) return 1;
    return this.#coder.bit(this.#isRepG2, this.#state) === 0 ? 2 : 3;
  }

  #distance(length: number): number {
    const slot = this.#coder.tree(this.#slots, Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >>> 1) - 1;
    const base = (2 + (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + this.#coder.reverseTree(this.#special, base - slot, bits);
    return base + this.#coder.direct(bits - 4) * 16 + this.#coder.reverseTree(this.#align, 0, 4);
  }

  #copy(length: number): void {
    const from = this.#length - this.#distances[0]! - 1;
    if (from < 0) throw new Damaged('the compressed data refer to what was before them');
    const end = Math.min(this.#length + length, this.#output.length);
    for (let at = from; this.#length < end; at += 1, this.#length += 1)
      this.#output[this.#length] = this.#output[at]!;
  }
}

/**
 * Unpacks a raw LZMA1 stream of known length, as GRUB's core image has it: no header, no end mark. There is no checksum
 * either, but damage shifts all that follows, and `clean` says whether the stream ended as an encoder ends it.
 * @throws Damaged
 */
export async function unpackLzma(
  input: Buffer,
  size: number,
): Promise<{ data: Buffer; used: number; clean: boolean }> {
  const coder = new RangeDecoder(input);
  const data = await new Decoder(coder, size).run();
  return { data, used: coder.used, clean: coder.finished };
}
