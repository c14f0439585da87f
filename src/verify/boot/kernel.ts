import { Damaged } from '../damaged.js';

/** What GRUB's core is told to look for. */
export interface CoreSettings {
  /** Where its own directory is, such as `(,msdos1)/boot/grub`. */
  prefix?: string;
  /** Commands that run first, when it was made with some. */
  config?: string;
  /** Names of the modules that it brings, such as `ext2` and `part_gpt`. */
  modules: string[];
}

const magic = Buffer.from('mimg', 'latin1');
const types = { elf: 0, config: 2, prefix: 3 } as const;
const headerSize = 8;

/**
 * Reads what stands behind GRUB's kernel in an unpacked core: a header (`mimg`, offset, size) and objects of type, size
 * (with this header) and content. Source: include/grub/kernel.h.
 * @throws Damaged when the objects do not fill what the header says.
 */
export function readCoreSettings(core: Buffer): CoreSettings {
  const objects = objectsOf(core);
  const textOf = (wanted: number): string | undefined =>
    objects
      .find(({ type }) => type === wanted)
      ?.content.toString('latin1')
      .replace(/\0.*$/s, '');
  const prefix = textOf(types.prefix);
  const config = textOf(types.config);
  const modules = objects
    .filter(({ type }) => type === types.elf)
    .flatMap(({ content }) => moduleName(content) ?? []);
  return { ...(prefix !== undefined && { prefix }), ...(config !== undefined && { config }), modules };
}

interface CoreObject {
  type: number;
  content: Buffer;
}

function objectsOf(core: Buffer): CoreObject[] {
  // The kernel's own code names the magic number too, so each place is tried.
  for (let at = core.indexOf(magic); at >= 0; at = core.indexOf(magic, at + 1)) {
    const objects = objectsAt(core, at);
    if (objects) return objects;
  }
  throw new Damaged('the list of its modules is not whole');
}

function objectsAt(core: Buffer, at: number): CoreObject[] | undefined {
  if (at + 12 > core.length) return undefined;
  const end = at + core.readUInt32LE(at + 8);
  let next = at + core.readUInt32LE(at + 4);
  if (end > core.length || next <= at) return undefined;
  const objects: CoreObject[] = [];
  while (next + headerSize <= end) {
    const size = core.readUInt32LE(next + 4);
    if (size < headerSize || next + size > end) return undefined;
    objects.push({ type: core.readUInt32LE(next), content: core.subarray(next + headerSize, next + size) });
    next += size;
  }
  return objects.length > 0 && end - next < headerSize ? objects : undefined;
}

/** The text of the section .modname of a 32-bit ELF object (ELF specification 1.2; a section's header has 40 bytes). */
function moduleName(object: Buffer): string | undefined {
  if (object.length < 52 || object.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const table = object.readUInt32LE(32);
  const count = object.readUInt16LE(48);
  const sections = Array.from({ length: count }, (_, index) => section(object, table + index * 40));
  const names = sections[object.readUInt16LE(50)];
  const wanted = sections.find(
    (one) => one && names && cString(object, names.offset + one.name) === '.modname',
  );
  return wanted && cString(object, wanted.offset);
}

function section(object: Buffer, at: number): { name: number; offset: number } | undefined {
  if (at + 40 > object.length) return undefined;
  return { name: object.readUInt32LE(at), offset: object.readUInt32LE(at + 16) };
}

function cString(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, Math.min(at + 64, bytes.length)).replace(/\0.*$/s, '');
}
