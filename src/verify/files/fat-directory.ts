/** An entry of a FAT directory. */
export interface FatEntry {
  /** The long name when it has one. */
  name: string;
  directory: boolean;
  cluster: number;
  size: number;
}

const longName = 0x0f;
const volumeLabel = 0x08;
const isDirectory = 0x10;

/** The entries in a directory's bytes, without `.` and `..` (FAT32 File System Specification 1.03, with long names). */
export function fatEntries(bytes: Buffer): FatEntry[] {
  const found: FatEntry[] = [];
  let long: LongName = noLongName;
  for (let at = 0; at + 32 <= bytes.length && bytes[at] !== 0; at += 32) {
    const entry = bytes.subarray(at, at + 32);
    if (entry[0] === 0xe5) long = noLongName;
    else if ((entry[11]! & 0x3f) === longName) long = continueName(long, entry);
    else {
      const name = long.checksum === checksumOf(entry) ? long.text : shortName(entry);
      long = noLongName;
      if ((entry[11]! & volumeLabel) !== 0 || name === '.' || name === '..') continue;
      found.push({
        name,
        directory: (entry[11]! & isDirectory) !== 0,
        cluster: entry.readUInt16LE(26) + (entry.readUInt16LE(20) & 0x0fff) * 65_536,
        size: entry.readUInt32LE(28),
      });
    }
  }
  return found;
}

interface LongName {
  text: string;
  /** Of the short name that the long one belongs to. */
  checksum: number;
}

const noLongName: LongName = { text: '', checksum: -1 };

/** Long names come in pieces of 13 characters, the last piece first. */
function continueName({ text, checksum }: LongName, entry: Buffer): LongName {
  const piece = [entry.subarray(1, 11), entry.subarray(14, 26), entry.subarray(28, 32)]
    .map((part) => part.toString('utf16le'))
    .join('')
    .replace(/[\0\uffff].*$/s, '');
  const begins = (entry[0]! & 0x40) !== 0;
  if (begins) return { text: piece, checksum: entry[13]! };
  return checksum === entry[13] ? { text: piece + text, checksum } : noLongName;
}

const checksumOf = (entry: Buffer): number =>
  entry.subarray(0, 11).reduce((sum, byte) => (((sum & 1) << 7) + (sum >>> 1) + byte) & 0xff, 0);

/** Windows NT's flags say which half of a short name is meant in lower case. */
function shortName(entry: Buffer): string {
  const part = (from: number, to: number, flag: number): string => {
    const text = entry.toString('latin1', from, to).trimEnd();
    return (entry[12]! & flag) === 0 ? text : text.toLowerCase();
  };
  const extension = part(8, 11, 0x10);
  return part(0, 8, 0x08) + (extension && `.${extension}`);
}
