import { findVolumes } from './boot/volumes.js';
import type { Disk } from './disk.js';
import type { Patch } from './patch.js';
import { readPartitionTable } from './table/read.js';

/** Where a grub.cfg is, seen from the file system that holds it. */
const menuPaths = ['/boot/grub/grub.cfg', '/grub/grub.cfg'];

/**
 * What must change on a disk so that GRUB starts its first menu entry with more kernel arguments: the bytes of grub.cfg
 * where they stand, as many as before, so that nothing else of the file system changes. Undefined when no grub.cfg can be
 * found or it has no room. Rejects as `checkDisk` does.
 */
export async function patchKernelArguments(
  disk: Disk,
  args: readonly string[],
): Promise<Patch[] | undefined> {
  for (const { partition, tree } of await findVolumes(disk, await readPartitionTable(disk))) {
    for (const path of menuPaths) {
      const file = await tree?.find(path);
      const places = await file?.places?.();
      if (!file || !places) continue;
      const before = await file.read(0, file.size);
      const after = addArguments(before.toString('latin1'), args);
      if (after === undefined) continue;
      return spread(Buffer.from(after, 'latin1'), places, partition?.start ?? 0);
    }
  }
  return undefined;
}

/** A file's new content, block by block, where the old one stands. */
function spread(
  content: Buffer,
  places: readonly { offset: number; length: number }[],
  start: number,
): Patch[] {
  let at = 0;
  return places.map(({ offset, length }) => {
    const bytes = content.subarray(at, at + length);
    at += length;
    return { offset: start + offset, bytes };
  });
}

/**
 * A grub.cfg of the same length whose first `linux` command has more arguments. Room comes from comments, then from what
 * follows the first menu entry; empty lines fill the rest. Pure.
 */
export function addArguments(menu: string, args: readonly string[]): string | undefined {
  const linux = /^[ \t]*linux[ \t].*$/m;
  if (!linux.test(menu)) return undefined;
  const longer = menu.replace(linux, (line) => [line.trimEnd(), ...args].join(' '));
  const forms = [longer, withoutComments(longer), firstEntryOnly(withoutComments(longer))];
  return forms.find(({ length }) => length <= menu.length)?.padEnd(menu.length, '\n');
}

const withoutComments = (menu: string): string => menu.replace(/^[ \t]*(?:#.*)?\n/gm, '');

/** A menu entry of grub-mkconfig's ends with a brace in the first column. */
function firstEntryOnly(menu: string): string {
  const entry = menu.search(/^menuentry /m);
  const end = entry < 0 ? -1 : menu.indexOf('\n}\n', entry);
  return end < 0 ? menu : menu.slice(0, end + 3);
}
