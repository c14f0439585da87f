import { VappError } from '../errors.js';

/** What a dynamically linked program or library asks for. */
export interface ElfNeeds {
  /** Sonames, DT_NEEDED. */
  libraries: string[];
  /** Path of the dynamic loader, PT_INTERP. */
  interpreter?: string;
}

interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

const segmentType = { load: 1, dynamic: 2, interpreter: 3 };
const tag = { end: 0, needed: 1, stringTable: 5 };

/**
 * Reads which libraries a 64-bit little-endian ELF file needs; a static one needs none. Format: elf(5).
 * @throws VAPP_BOOTLOADER_ELF for anything else.
 */
export function readElfNeeds(file: Buffer, name: string): ElfNeeds {
  try {
    return read(checkElf(file, name));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw notElf(name, 'It is cut off.');
  }
}

const notElf = (name: string, why: string): VappError =>
  new VappError('VAPP_BOOTLOADER_ELF', `${name} is not a program that can be read`, { why });

/** The same file, when it begins as an ELF file of 64 bits, little-endian. */
export function checkElf(file: Buffer, name: string): Buffer {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46) throw notElf(name, 'It is no ELF file.');
  if (file[4] !== 2 || file[5] !== 1) throw notElf(name, 'It is not of 64 bits, little-endian.');
  return file;
}

const number = (file: Buffer, offset: number): number => Number(file.readBigUInt64LE(offset));

function read(file: Buffer): ElfNeeds {
  const segments = readSegments(file);
  const needs: ElfNeeds = { libraries: readLibraries(file, segments) };
  const loader = segments.find((segment) => segment.type === segmentType.interpreter);
  if (loader) needs.interpreter = stringAt(file, loader.offset);
  return needs;
}

function readSegments(file: Buffer): Segment[] {
  const [table, size, count] = [number(file, 32), file.readUInt16LE(54), file.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: number(file, at + 8),
      address: number(file, at + 16),
      size: number(file, at + 32),
    };
  });
}

function readLibraries(file: Buffer, segments: Segment[]): string[] {
  const dynamic = segments.find((segment) => segment.type === segmentType.dynamic);
  if (!dynamic) return [];
  const names: number[] = [];
  let strings = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const kind = number(file, at);
    if (kind === tag.end) break;
    if (kind === tag.needed) names.push(number(file, at + 8));
    if (kind === tag.stringTable) strings = offsetOf(segments, number(file, at + 8));
  }
  return names.map((name) => stringAt(file, strings + name));
}

function offsetOf(segments: Segment[], address: number): number {
  const holder = segments.find(
    ({ type, address: start, size }) =>
      type === segmentType.load && address >= start && address < start + size,
  );
  return holder ? address - holder.address + holder.offset : address;
}

function stringAt(file: Buffer, offset: number): string {
  const end = file.indexOf(0, offset);
  if (end < 0) throw new RangeError('no end of a string');
  return file.toString('latin1', offset, end);
}

/** The machine that an ELF file is for, e_machine of elf(5), by its first 20 bytes; undefined for anything else. */
export function elfMachine(head: Buffer): number | undefined {
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  return head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
}
