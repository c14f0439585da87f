import { Damaged } from '../damaged.js';
import { moduleName } from './module-name.js';

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
const mostHeaders = 64;
const mostObjects = 2000;

/**
 * Reads what stands behind GRUB's kernel in an unpacked core or an EFI program: a header (`mimg`, offset, size; on 64-bit
 * machines padded to 8 bytes each) and objects of type, size (with this header) and content. Source: include/grub/kernel.h.
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
  let at = core.indexOf(magic);
  // The kernel's own code names the magic number too, so each place is tried.
  for (let tries = 0; at >= 0 && tries < mostHeaders; tries += 1) {
    const objects = objectsAt(core, at, headerOf(core, at, 4)) ?? objectsAt(core, at, headerOf(core, at, 8));
    if (objects) return objects;
    at = core.indexOf(magic, at + 1);
  }
  throw new Damaged('the list of its modules is not whole');
}

interface Header {
  offset: number;
  size: number;
}

function headerOf(core: Buffer, at: number, width: 4 | 8): Header {
  if (at + width * 3 > core.length) return { offset: 0, size: 0 };
  // No core is so large that the upper half of the wide numbers is in use.
  return { offset: core.readUInt32LE(at + width), size: core.readUInt32LE(at + width * 2) };
}

function objectsAt(core: Buffer, at: number, { offset, size }: Header): CoreObject[] | undefined {
  const end = at + size;
  let next = at + offset;
  if (end > core.length || next <= at) return undefined;
  const objects: CoreObject[] = [];
  while (next + headerSize <= end) {
    const size = core.readUInt32LE(next + 4);
    if (size < headerSize || next + size > end || objects.length >= mostObjects) return undefined;
    objects.push({ type: core.readUInt32LE(next), content: core.subarray(next + headerSize, next + size) });
    next += size;
  }
  return objects.length > 0 && end - next < headerSize ? objects : undefined;
}
