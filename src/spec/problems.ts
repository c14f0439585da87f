import { type ErrorDetails, VappError, VappErrors } from '../errors.js';
import { type Range, type Source, withoutText } from './source.js';

type Code = `VAPP_${string}`;

type Details = Omit<ErrorDetails, 'at'>;

/** More than anybody reads; a hostile spec could have millions. */
const limit = 100;

/** Collects the mistakes of one spec, so that all of them are told at once. */
export class Problems {
  readonly #errors: VappError[] = [];
  readonly #unreadable = new Set<number>();
  #count = 0;

  constructor(readonly source: Source) {}

  get count(): number {
    return this.#count;
  }

  /** Adds a mistake. What is no YAML is told once: a mistake found later at the same place is its consequence. */
  add(code: Code, message: string, range: Range, details: Details = {}): undefined {
    if (this.#unreadable.has(range.start)) return;
    if (code === 'VAPP_SPEC_YAML') this.#unreadable.add(range.start);
    this.#count++;
    if (this.#count <= limit)
      this.#errors.push(new VappError(code, message, { ...details, at: this.source.location(range) }));
  }

  /** For a value that must not be shown. */
  addSecret(code: Code, message: string, range: Range, details: Details = {}): undefined {
    this.#count++;
    this.#errors.push(
      new VappError(code, message, { ...details, at: withoutText(this.source.location(range)) }),
    );
  }

  /** @throws VappErrors with what was collected, in the order of the text. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const place = (error: VappError) => error.at!;
    this.#errors.sort((a, b) => place(a).line - place(b).line || place(a).column - place(b).column);
    const more = this.#count - this.#errors.length;
    if (more > 0) this.#errors.push(new VappError('VAPP_SPEC_MANY', `there are ${more} more mistakes`));
    throw new VappErrors(this.#errors);
  }
}

/** A value for a message: quoted, without control characters, cut when it is long. */
export const quoted = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
};
