import type { CoreSettings } from './kernel.js';

/** Where a core looks for its directory. */
export interface Home {
  path: string;
  /** UUID of a file system that it searches for. */
  uuid?: string;
  /** Number of a partition of its own disk. */
  partition?: number;
  /** A device that is none of these, such as `lvmid/…`, `mduuid/…` or `hd1,msdos1`. */
  device?: string;
}

/**
 * Where a core goes on, from its prefix and the commands that it brings. grub-install writes `search.fs_uuid UUID root`
 * and `set prefix=($root)'/boot/grub'` for a disk whose number it cannot know. Undefined when it has no prefix, as with
 * GRUB before 2.00, which has it elsewhere. Pure.
 */
export function homeOf({ prefix, config = '' }: Pick<CoreSettings, 'prefix' | 'config'>): Home | undefined {
  const search = /^\s*search(?:\.fs_uuid\s+(\S+)|\s.*--fs-uuid\s.*?(\S+)\s*$)/m.exec(config);
  const uuid = search?.[1] ?? search?.[2];
  const set = /^\s*set\s+prefix=(?:\(\$\{?root\}?\))?['"]?(\/[^'"\s]*)/m.exec(config)?.[1];
  const [, device, written] = /^(?:\(([^)]*)\))?(.*)$/s.exec(prefix ?? '') ?? [];
  const path = set ?? written;
  if (!path) return undefined;
  if (uuid) return { path, uuid };
  if (device === undefined) return { path };
  const [, number] = /^(?:hd0)?,(?:msdos|gpt)?(\d+)$/.exec(device) ?? [];
  return number ? { path, partition: Number(number) } : { path, device };
}
