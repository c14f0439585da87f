/** Where the fields of an ELF object of 32 and of 64 bits are (ELF specification 1.2; ELF-64 Object File Format 1.5). */
const layouts = {
  1: { header: 52, table: 32, count: 48, names: 50, entry: 40, offset: 16 },
  2: { header: 64, table: 40, count: 60, names: 62, entry: 64, offset: 24 },
} as const;

type Layout = (typeof layouts)[1 | 2];

/** The name of a module of GRUB: the text of the section .modname of an ELF object. Undefined when it has none. */
export function moduleName(object: Buffer): string | undefined {
  const layout = layoutOf(object);
  if (!layout) return undefined;
  const table = object.readUInt32LE(layout.table);
  const count = object.readUInt16LE(layout.count);
  const sectionAt = (index: number) => section(object, table + index * layout.entry, layout);
  const names = sectionAt(object.readUInt16LE(layout.names));
  for (let index = 0; names && index < count; index += 1) {
    const one = sectionAt(index);
    if (!one) return undefined;
    if (textAt(object, names.offset + one.name) === '.modname') return textAt(object, one.offset);
  }
  return undefined;
}

function layoutOf(object: Buffer): Layout | undefined {
  const bits = object[4];
  if (object.length < 64 || object.readUInt32BE(0) !== 0x7f454c46) return undefined;
  return bits === 1 || bits === 2 ? layouts[bits] : undefined;
}

function section(
  object: Buffer,
  at: number,
  { entry, offset }: Layout,
): { name: number; offset: number } | undefined {
  if (at + entry > object.length) return undefined;
  return { name: object.readUInt32LE(at), offset: object.readUInt32LE(at + offset) };
}

const textAt = (bytes: Buffer, at: number): string =>
  bytes.toString('latin1', at, Math.min(at + 64, bytes.length)).replace(/\0.*$/s, '');
