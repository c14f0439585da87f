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
const bullets = (text: string): string => '•'.repeat(characters(text));

const passwordKey = /(pas+w\w*['"]?\s*:\s*)(?!\s|\{)/gi;
/** A value of a flow collection ends at a comma or bracket, any other with its line. */
const flowValue = /^(?:"(?:\\.|[^"\\])*"?|'[^']*'?|[^,}]*[^,}\s])/;

const concealed = (line: string): string => {
  let shown = '';
  let done = 0;
  for (const match of line.matchAll(passwordKey)) {
    const start = match.index + match[0].length;
    if (start < done) continue;
    const rest = line.slice(start);
    const value = line.slice(0, start).includes('{') ? (flowValue.exec(rest)?.[0] ?? '') : rest;
    shown += line.slice(done, start) + bullets(value);
    done = start + value.length;
  }
  return (shown + line.slice(done)).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd');
};

/** The same place, but what is at it cannot be read. */
export const withoutText = (at: Location): Location => {
  const line = [...(at.text ?? '')];
  const start = at.column - 1;
  const end = start + (at.length ?? 1);
  const text = line.map((character, index) => (index >= start && index < end ? '•' : character)).join('');
  return { ...at, text };
};

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
