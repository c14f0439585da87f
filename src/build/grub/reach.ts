import { VappError } from '../../errors.js';
import type { Connection } from '../../libvirt/index.js';
import { isRemote } from '../../plan/index.js';
import { shellWord } from '../../shell-word.js';
import type { GrubTarget } from './target.js';

/** Throws VAPP_BOOTLOADER_UNREACHABLE for a file of this machine when the guest would run on another: its path means another file there. */
export function refuseElsewhere({ uri }: Pick<Connection, 'uri'>, target: GrubTarget): void {
  if (!target.local || !isRemote(uri)) return;
  throw new VappError('VAPP_BOOTLOADER_UNREACHABLE', `${uri} cannot reach ${target.path}`, {
    why: 'the file is on this machine, and the guest that would work on it on another',
    hint: `vapp --connect qemu:///system grub ${shellWord(target.path)}, or upload it into a storage pool there and name POOL/VOLUME`,
  });
}
