import { Writable } from 'node:stream';

/** A stream that keeps what is written to it; a terminal when it is given a width. */
export class Collector extends Writable {
  text = '';
  readonly isTTY: boolean;
  columns: number | undefined;
  rows = 24;

  constructor(columns?: number) {
    super({ decodeStrings: false });
    this.isTTY = columns !== undefined;
    this.columns = columns;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}
