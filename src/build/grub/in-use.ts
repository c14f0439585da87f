import { realpathSync } from 'node:fs';
import { diskPaths, volumeBacking } from '../../domain/index.js';
import type { Connection } from '../../libvirt/index.js';
import { shellWord } from '../../shell-word.js';
import { inUse, refuseHere } from './in-use-here.js';
import type { GrubTarget } from './target.js';

/** Throws VAPP_BOOTLOADER_IN_USE for an image that something else works with, VAPP_BOOTLOADER_READ_ONLY for one that cannot be written. */
export async function refuseBusy(connection: Connection | undefined, target: GrubTarget): Promise<void> {
  if (connection) {
    await refuseGuests(connection, target);
    await refuseBase(connection, target);
  }
  if (target.local) await refuseHere(target);
}

/** Guests that run with the image, or with one that is laid over it. */
async function refuseGuests(connection: Connection, { name, path, local }: GrubTarget): Promise<void> {
  const isPath = (other: string): boolean => other === path || (local && realPath(other) === realPath(path));
  for (const domain of await connection.listDomains()) {
    // It may end at this moment.
    const [state, xml] = await Promise.all([
      domain.state().catch(() => 'shutoff'),
      domain.xml().catch(() => undefined),
    ]);
    if (state === 'shutoff' || xml === undefined || !diskPaths(xml).some(isPath)) continue;
    throw inUse(name, {
      why: `the domain ${domain.name} runs with it`,
      hint: `virsh -c ${shellWord(connection.uri)} shutdown ${domain.name}`,
    });
  }
}

/** An image that others are laid over, such as a template's disk with clones: what they read must not change. */
async function refuseBase(connection: Connection, { name, path }: GrubTarget): Promise<void> {
  for (const pool of await connection.listPools()) {
    if (!(await pool.isActive())) continue;
    for (const volume of await pool.listVolumes()) {
      // A volume may be deleted at this moment.
      const xml = await volume.xml().catch(() => undefined);
      if (xml === undefined || volumeBacking(xml) !== path) continue;
      throw inUse(name, {
        why: `the volume ${pool.name}/${volume.name} is laid over it, and reads what it does not have itself`,
        hint: `vapp grub ${shellWord(`${pool.name}/${volume.name}`)}, which leaves this image as it is`,
      });
    }
  }
}

/** A logical volume has several names. A path that cannot be followed stays what it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
