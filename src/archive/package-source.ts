import { breathe } from '../breathe.js';

/** One Packages file: its bytes, and where its stanzas begin and end. */
export interface Source {
  label: string;
  bytes: Buffer;
  /** Start and end offset by turns. */
  bounds: Uint32Array;
}

const newline = 0x0a;

/** How many stanzas are looked at between two looks at the clock. */
export const atOnce = 256;

const findBounds = async (bytes: Buffer): Promise<Uint32Array> => {
  const bounds: number[] = [];
  let start = 0;
  while (start < bytes.length) {
    if (bytes[start] === newline) {
      start += 1;
      continue;
    }
    const gap = bytes.indexOf('\n\n', start, 'latin1');
    const end = gap < 0 ? bytes.length : gap + 1;
    bounds.push(start, end);
    if (bounds.length % (2 * atOnce) === 0) await breathe();
    start = end + 1;
  }
  return Uint32Array.from(bounds);
};

export const textAt = ({ bytes, bounds }: Source, stanza: number): string =>
  bytes.toString('utf8', bounds[2 * stanza], bounds[2 * stanza + 1]);

export const fieldOf = (source: Source, stanza: number, field: string): string => {
  const text = textAt(source, stanza);
  return new RegExp(`^${field}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(text)?.[1]?.trim() ?? '';
};

const nameField = Buffer.from('Package: ');

// All but no indexes begin each stanza with the name; only others need a look at the whole stanza.
export const nameAt = (source: Source, stanza: number): string => {
  const { bytes, bounds } = source;
  const start = bounds[2 * stanza]!;
  const nameStart = start + nameField.length;
  if (nameField.compare(bytes, start, nameStart) !== 0) return fieldOf(source, stanza, 'Package');
  return bytes.toString('latin1', nameStart, bytes.indexOf(newline, nameStart)).trim();
};

const stanzaAround = ({ bounds }: Source, offset: number): number => {
  let low = 0;
  let high = bounds.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bounds[2 * middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** Bytes that are searched at once: a rare line is tens of megabytes away. */
const piece = 1 << 20;

/** Stanzas with a line that begins like this. The file's very first line, a name, is not looked at. */
export async function* stanzasWith(source: Source, line: string): AsyncGenerator<number> {
  const { bytes } = source;
  const wanted = Buffer.from(`\n${line}`);
  for (let start = 0; start < bytes.length; start += piece) {
    // A line across the edge is of the piece that it begins in.
    const head = bytes.subarray(0, start + piece + wanted.length - 1);
    for (let at = head.indexOf(wanted, start); at >= 0; at = head.indexOf(wanted, at + 1)) {
      yield stanzaAround(source, at);
      await breathe();
    }
    await breathe();
  }
}

export const openSource = async (label: string, bytes: Buffer): Promise<Source> => ({
  label,
  bytes,
  bounds: await findBounds(bytes),
});

export const countOf = ({ bounds }: Source): number => bounds.length / 2;
