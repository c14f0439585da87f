import { execa } from 'execa';
import { VappError } from '../errors.js';
import { checkElf } from './elf.js';

/** A kernel module, decompressed. */
export interface KernelModule {
  /** With underscores, as the kernel itself writes it. */
  name: string;
  data: Buffer;
}

/** The modules of one kernel as its package holds them. */
export interface ModuleSource {
  /** Path of a module's file → content, compressed or not. */
  files: ReadonlyMap<string, Buffer>;
  /** Text of `modules.builtin`. */
  builtin: string;
}

const decompressors: Readonly<Record<string, readonly string[]>> = {
  xz: ['xz', '-dc'],
  zst: ['zstd', '-dcq'],
  gz: ['gzip', '-dc'],
};
const modulePath = /([^/]+)\.ko(?:\.([a-z]+))?$/;

// A file may be called dm-mod.ko; in /proc/modules and in `depends=` it is dm_mod.
const moduleName = (path: string): string => (modulePath.exec(path)?.[1] ?? path).replaceAll('-', '_');

/**
 * The wanted modules and all that they depend on, each after what it depends on, ready for a plain insmod in this order.
 * Dependencies come from the modules themselves (`depends=` and `softdep=pre:` of .modinfo), so no depmod is needed.
 * @param wanted names; what is built into the kernel is left out.
 * @throws VAPP_BOOTLOADER_MODULE for a module that the kernel does not have.
 */
export async function orderModules(wanted: readonly string[], source: ModuleSource): Promise<KernelModule[]> {
  const paths = new Map([...source.files.keys()].map((path) => [moduleName(path), path]));
  const builtin = new Set(source.builtin.split('\n').map(moduleName));
  const ordered: KernelModule[] = [];
  const seen = new Set<string>();

  const add = async (name: string, asker?: string): Promise<void> => {
    if (seen.has(name) || builtin.has(name)) return;
    seen.add(name);
    const path = paths.get(name);
    if (!path) throw unknownModule(name, asker);
    const data = await decompress(path, source.files.get(path)!);
    const { depends, before } = readDependencies(data, path);
    // A soft dependency may name an alias, which is none of the kernel's files.
    for (const other of before) if (paths.has(other)) await add(other, name);
    for (const other of depends) await add(other, name);
    ordered.push({ name, data });
  };
  for (const name of wanted) await add(moduleName(name));
  return ordered;
}

const unknownModule = (name: string, asker?: string): VappError =>
  new VappError('VAPP_BOOTLOADER_MODULE', `The kernel has no module ${name}`, {
    why: asker ? `${asker} depends on it.` : 'The finisher guest needs it.',
  });

async function decompress(path: string, packed: Buffer): Promise<Buffer> {
  const suffix = modulePath.exec(path)?.[2];
  if (!suffix) return packed;
  const [program, ...args] = decompressors[suffix] ?? [];
  if (!program) throw new VappError('VAPP_BOOTLOADER_MODULE', `${path} is compressed in an unknown way`);
  const { stdout } = await execa(program, args, { input: packed, encoding: 'buffer', env: { LC_ALL: 'C' } });
  return Buffer.from(stdout);
}

/** Names in `depends=` and after `pre:` in `softdep=` of a module's .modinfo section (a list of NUL-ended `key=value`). */
export function readDependencies(file: Buffer, name: string): { depends: string[]; before: string[] } {
  const entries = readModinfo(checkElf(file, name));
  const values = (key: string): string[] =>
    entries.filter((entry) => entry.startsWith(`${key}=`)).map((entry) => entry.slice(key.length + 1));
  const names = (list: string[]): string[] => list.filter((entry) => entry !== '').map(moduleName);
  return {
    depends: names(values('depends').flatMap((value) => value.split(','))),
    before: names(
      values('softdep').flatMap((value) => /pre:([^:]*?)(?:\s\w+:|$)/.exec(value)?.[1]?.split(/\s+/) ?? []),
    ),
  };
}

function readModinfo(file: Buffer): string[] {
  const [table, size, count] = [
    Number(file.readBigUInt64LE(40)),
    file.readUInt16LE(58),
    file.readUInt16LE(60),
  ];
  const section = (index: number) => {
    const at = table + index * size;
    const offset = Number(file.readBigUInt64LE(at + 24));
    return {
      name: file.readUInt32LE(at),
      bytes: file.subarray(offset, offset + Number(file.readBigUInt64LE(at + 32))),
    };
  };
  const names = section(file.readUInt16LE(62)).bytes;
  for (let index = 1; index < count; index += 1) {
    const { name, bytes } = section(index);
    if (names.toString('latin1', name, name + 9) === '.modinfo\0')
      return bytes.toString('latin1').split('\0');
  }
  return [];
}
