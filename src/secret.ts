import { inspect } from 'node:util';

/** A value that must reach no log, no error text and no JSON. Only `reveal` opens it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The plain value. Call it only where the value leaves the process on purpose. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '•••';
  }

  toJSON(): string {
    return '•••';
  }

  [inspect.custom](): string {
    return 'Secret(•••)';
  }
}
