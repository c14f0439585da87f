import { StringDecoder } from 'node:string_decoder';

/** An escape sequence (ECMA-48) that has begun but not ended. */
const unfinishedEscape = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?$/;
const escapes =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b(?![[\]PX^_])[ -/]*[0-~]/g;
const longestLine = 4096;

/**
 * Turns the bytes of a terminal into lines of text: escape sequences and control characters go, backspaces and carriage
 * returns act as they do on paper. Chunks may end anywhere, also inside a character or a sequence.
 */
export class ConsoleText {
  /** The last line, not ended yet. */
  open = '';
  #decoder = new StringDecoder('utf8');
  #held = '';

  /** The lines that this chunk completed. */
  push(chunk: Uint8Array | string): string[] {
    const fresh = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk as Buffer);
    const text = (this.#held + fresh).replace(escapes, '');
    const cut = heldFrom(text);
    this.#held = text.slice(cut);
    return this.#split(text.slice(0, cut));
  }

  #split(text: string): string[] {
    const parts = (this.open + text).split(/\r*\n/).map(overstrike);
    this.open = (parts.pop() ?? '').slice(-longestLine);
    return parts.map((line) => line.replace(/\r/g, '').trimEnd());
  }
}

/** Where a sequence begins whose end may come with the next chunk; endless ones are given up. */
const heldFrom = (text: string): number => {
  const start = unfinishedEscape.exec(text.slice(-256));
  if (!start) return text.length;
  return Math.max(0, text.length - 256) + start.index;
};

const overstrike = (line: string): string => {
  let text = line;
  while (/[^\x08]\x08/.test(text)) text = text.replace(/[^\x08]\x08/g, '');
  // The last carriage return may be the first half of a line end that is split over two chunks.
  text = text.replace(/^.*\r(?=[^\r])/s, '');
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, '');
};
