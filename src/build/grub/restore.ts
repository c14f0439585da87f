import { stat } from 'node:fs/promises';
import { type Backup, openBackup, restorePart, type Standing, standingOf } from '../../bootloader/index.js';
import { VappError } from '../../errors.js';
import type { BuildContext } from '../context.js';
import { stage } from '../stages/stage.js';
import { runGrubGuest } from './guest.js';
import { refuseBusy } from './in-use.js';
import { prepareMedia } from './media.js';
import type { GrubTarget } from './target.js';

/**
 * Finds out whether a backup can be put back: only onto the disk as vapp left it, or as a cut-off run did. `before`: the
 * disk is already as it was.
 * @throws VAPP_BOOTLOADER_NO_BACKUP, VAPP_BOOTLOADER_CHANGED, and what refuseBusy throws
 */
export async function planRestore(
  connection: () => Promise<BuildContext['connection']>,
  target: GrubTarget,
  file: string,
): Promise<Exclude<Standing, 'other'>> {
  const backup = await openBackup(file);
  try {
    const standing = await compare(backup, target);
    if (standing === 'other')
      throw changed(target, file, 'something else has written to it since, such as a boot');
    await refuseBusy(await connection(), target);
    return standing;
  } finally {
    await backup.close();
  }
}

async function compare(backup: Backup, target: GrubTarget): Promise<Standing> {
  await using opened = await target.reopen(Number.POSITIVE_INFINITY);
  const { disk } = opened;
  if (disk.size !== backup.size) return 'other';
  return await standingOf(backup, (offset, length) => disk.read(offset, length));
}

const changed = (target: GrubTarget, file: string, why: string): VappError =>
  new VappError('VAPP_BOOTLOADER_CHANGED', `${file} cannot be put back onto ${target.name}`, {
    why: `the disk is not as vapp left it: ${why}; old sectors among new ones would damage its file systems`,
    hint: 'vapp grub TARGET installs GRUB anew',
  });

/** Puts a backup back in a guest of its own. Throws as planRestore and runGrubGuest do. */
export async function restoreGrub(context: BuildContext, target: GrubTarget, file: string): Promise<void> {
  const backup = await openBackup(file);
  await backup.close();
  // With the notes at its end, which are behind all that the store's own pairs name.
  const store = { file, bytes: (await stat(file)).size };
  const media = await stage(context, 'prepare', () => prepareMedia(context, { part: restorePart(), store }));
  await stage(context, 'bootloader', () =>
    runGrubGuest(context, target, media, { ready: 'store', backup: file }),
  );
  await stage(context, 'verify', async () => {
    const now = await openBackup(file);
    try {
      if ((await compare(now, target)) !== 'before')
        throw changed(target, file, 'it differs from the backup');
    } finally {
      await now.close();
    }
  });
}
