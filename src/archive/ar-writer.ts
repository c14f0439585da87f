import type { FileHandle } from 'node:fs/promises';

const magic = '!<arch>\n';
const headerSize = 60;

/** ar(5), without time and owner: the same input gives the same bytes. */
const memberHeader = (name: string, size: number): Buffer =>
  Buffer.from(
    `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(size).padEnd(10)}\`\n`,
    'latin1',
  );

/** Writes an ar archive to an empty file. */
export class ArWriter {
  readonly #file: FileHandle;
  #at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async begin(): Promise<void> {
    await this.write(Buffer.from(magic, 'latin1'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, this.#at);
    this.#at += bytes.length;
  }

  /** Writes a member of a size that is only known afterwards. */
  async member(name: string, fill: () => Promise<void>): Promise<void> {
    const header = this.#at;
    this.#at += headerSize;
    await fill();
    const size = this.#at - header - headerSize;
    await this.#file.write(memberHeader(name, size), 0, headerSize, header);
    if (size % 2) await this.write(Buffer.from('\n'));
  }
}
