import type { FileHandle } from 'node:fs/promises';
import { badDeb } from './errors.js';

/** One file of an ar archive: its bytes begin at `start`. */
export interface Member {
  name: string;
  start: number;
  size: number;
}

const magic = '!<arch>\n';
const headerSize = 60;

/** Lists the members of a .deb (deb(5)). Throws VAPP_ARCHIVE_BAD_DEB. */
export const readMembers = async (file: FileHandle, path: string): Promise<Member[]> => {
  const { size: end } = await file.stat();
  const head = Buffer.alloc(headerSize);
  await file.read(head, 0, magic.length, 0);
  if (head.toString('latin1', 0, magic.length) !== magic) throw badDeb(path, 'It is no ar archive.');
  const members: Member[] = [];
  for (let at = magic.length; at < end; ) {
    await file.read(head, 0, headerSize, at);
    const name = head.toString('latin1', 0, 16).trim().replace(/\/$/, '');
    const size = Number(head.toString('latin1', 48, 58));
    if (!Number.isSafeInteger(size) || at + headerSize + size > end) throw badDeb(path, 'It is cut off.');
    members.push({ name, start: at + headerSize, size });
    at += headerSize + size + (size % 2);
  }
  return members;
};

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
