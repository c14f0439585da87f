import type { Location } from '../errors.js';

/** A range of UTF-16 offsets in a source text; `end` is exclusive. */
export interface Range {
  start: number;
  end: number;
}

const lineBreak = /\r\n|\r|\n/g;

/** Code points; only characters beyond U+FFFF take two units of a JavaScript string. */
const characters = (text: string): number => (/[\ud800-\udbff]/.test(text) ? [...text].length : text.length);

// A spec can be quoted in a terminal or a CI log: neither a password nor an escape sequence may get there.
// As many bullets as characters, so that a caret below stays in place.
const passwordValue = /(pas+w\w*['"]?\s*:\s*)(?!\s|\{)([^,}\n]+)/gi;
const concealed = (line: string): string =>
  line
    .replace(passwordValue, (_, key: string, value: string) => key + '•'.repeat(characters(value)))
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');

/** The text of a spec and the way from offsets in it to lines and columns. */
export class Source {
  readonly #starts: number[] = [0];
  readonly #shown = new Map<number, string>();

  constructor(
    readonly file: string,
    readonly text: string,
  ) {
    for (const match of text.matchAll(lineBreak)) this.#starts.push(match.index + match[0].length);
  }

  /** Location of a range; a range of several lines is cut at the end of its first. */
  location({ start, end }: Range): Location {
    const at = Math.min(Math.max(start, 0), this.text.length);
    const index = this.#lineOf(at);
    const line = this.#line(index);
    const lineStart = this.#starts[index]!;
    // A byte order mark is no column.
    const first = lineStart === 0 && line.startsWith('\ufeff') ? 1 : 0;
    const offset = Math.max(at - lineStart, first);
    return {
      file: this.file,
      line: index + 1,
      column: characters(line.slice(first, offset)) + 1,
      length: Math.max(1, characters(line.slice(offset, Math.max(offset, end - lineStart)).trimEnd())),
      text: this.#show(index, line.slice(first)),
    };
  }

  /** Number of the line that an offset is in. */
  lineAt(offset: number): number {
    return this.#lineOf(offset) + 1;
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #show(index: number, line: string): string {
    const shown = this.#shown.get(index) ?? concealed(line);
    this.#shown.set(index, shown);
    return shown;
  }

  #line(index: number): string {
    return this.text.slice(this.#starts[index], this.#starts[index + 1]).split(/[\r\n]/, 1)[0]!;
  }
}
