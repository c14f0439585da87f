import { type ErrorDetails, VappError, VappErrors } from '../errors.js';
import type { Range, Source } from './source.js';

type Code = `VAPP_${string}`;

/** Collects the mistakes of one spec, so that all of them are told at once. */
export class Problems {
  readonly #errors: VappError[] = [];

  constructor(readonly source: Source) {}

  get count(): number {
    return this.#errors.length;
  }

  add(code: Code, message: string, range: Range, details: Omit<ErrorDetails, 'at'> = {}): undefined {
    this.#errors.push(new VappError(code, message, { ...details, at: this.source.location(range) }));
  }

  /** For a line that must not be shown. */
  addWithoutText(
    code: Code,
    message: string,
    range: Range,
    details: Omit<ErrorDetails, 'at'> = {},
  ): undefined {
    const { text: _, ...at } = this.source.location(range);
    this.#errors.push(new VappError(code, message, { ...details, at }));
  }

  /** @throws VappErrors with what was collected, in the order of the text. */
  throwIfAny(): void {
    if (this.#errors.length === 0) return;
    const place = (error: VappError) => error.at!;
    this.#errors.sort((a, b) => place(a).line - place(b).line || place(a).column - place(b).column);
    throw new VappErrors(this.#errors);
  }
}

/** A value for a message: quoted, without control characters, cut when it is long. */
export const quoted = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
};
