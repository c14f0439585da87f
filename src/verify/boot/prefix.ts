import type { CoreSettings } from './kernel.js';
import { readMenu } from './menu.js';

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
 * Where a core goes on, from its prefix and the commands that it brings: grub-install writes `search.fs_uuid UUID root`
 * and `set prefix=($root)'/boot/grub'` for a disk whose number it cannot know. Undefined when it has no prefix, as with
 * GRUB before 2.00, which has it elsewhere. Pure.
 */
export function homeOf({
  prefix = '',
  config = '',
}: Pick<CoreSettings, 'prefix' | 'config'>): Home | undefined {
  const [, device, written = ''] = /^(?:\(([^)]*)\))?(.*)$/s.exec(prefix) ?? [];
  const { next } = readMenu(`${config}\nnormal $prefix/grub.cfg`, written);
  const path = next?.path.replace(/\/[^/]*$/, '');
  if (!next || !path) return undefined;
  const root = next.search ?? device;
  if (root === undefined) return { path };
  if (/^[0-9a-f-]+$/i.test(root)) return { path, uuid: root };
  const number = partitionNumber(root);
  return number === undefined ? { path, device: root } : { path, partition: number };
}

/** The partition that a device of GRUB's names on the disk that it was started from: 2 for `,gpt2` and `hd0,gpt2`. */
export function partitionNumber(device: string): number | undefined {
  const number = /^(?:hd0)?,(?:msdos|gpt)?(\d+)$/.exec(device)?.[1];
  return number === undefined ? undefined : Number(number);
}
