/** Where in a file something is wrong. Lines and columns count from 1; `length` is in characters. */
export interface Location {
  file: string;
  line: number;
  column: number;
  length?: number;
  /** The text of the line, for the caret. */
  text?: string;
}

export interface ErrorDetails {
  /** One line: what to type or change. */
  hint?: string;
  cause?: unknown;
  at?: Location;
  /** One line: why. */
  why?: string;
  /** Anything longer that explains the failure: a screen, a log's tail. Shown indented. */
  excerpt?: string;
}

/** An error that a user can act on. `code` is stable and documented in docs/errors.md; the exit status follows from it. */
export class VappError extends Error {
  override readonly name: string = 'VappError';
  readonly code: `VAPP_${string}`;
  readonly hint: string | undefined;
  readonly why: string | undefined;
  readonly at: Location | undefined;
  readonly excerpt: string | undefined;

  constructor(code: `VAPP_${string}`, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.why = details.why;
    this.at = details.at;
    this.excerpt = details.excerpt;
  }
}

/** Several errors found in one pass, such as all mistakes of a spec. Its code is that of the first. */
export class VappErrors extends VappError {
  override readonly name = 'VappErrors';
  readonly errors: readonly VappError[];

  constructor(errors: readonly VappError[]) {
    const first = errors[0];
    if (!first) throw new RangeError('VappErrors needs at least one error');
    super(first.code, `${errors.length} error${errors.length === 1 ? '' : 's'}`);
    this.errors = errors;
  }
}

/** Throws the errors as one, if there are any: the only one itself, several as VappErrors. */
export function throwTogether(errors: readonly VappError[]): void {
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new VappErrors(errors);
}
