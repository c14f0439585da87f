import { VappError } from '../../errors.js';
import { Damaged, type FoundVolume, readFile } from '../../verify/index.js';
import type { HostJob, HostPartition } from './job.js';
import { unfit } from './needs.js';

type Numbers = { root?: string; boot?: number; esp?: number };

/**
 * What the procedure mounts of a disk, by the numbers that are known of it. /boot is what the system's fstab says, or where
 * that cannot be read, the one file system that looks like it.
 * @throws VAPP_HOST_MAPPER for a root that this mapper does not go to, VAPP_BOOTLOADER_NO_ROOT without one
 */
export async function hostPartitions(
  volumes: readonly FoundVolume[],
  { root, boot, esp }: Numbers,
): Promise<Pick<HostJob, 'root' | 'boot' | 'esp'>> {
  if (root?.includes('/')) throw unfit(`the root ${root} is in LVM`);
  if (root === undefined) throw noRoot();
  const system = numbered(volumes, Number(root));
  const found = boot === undefined ? await findBoot(volumes, system) : numbered(volumes, boot);
  return {
    root: describe(system),
    ...(found && { boot: describe(found) }),
    ...(esp !== undefined && { esp: describe(numbered(volumes, esp)) }),
  };
}

function numbered(volumes: readonly FoundVolume[], number: number): FoundVolume {
  const found = volumes.find(({ partition }) => partition?.number === number);
  if (!found) throw noRoot();
  return found;
}

const noRoot = (): VappError =>
  new VappError('VAPP_BOOTLOADER_NO_ROOT', 'which partition has the system cannot be seen from outside', {
    why: 'the mapper device-mapper mounts nothing to look for it',
    hint: '--root PARTITION, or --mapper guest',
  });

const mountable = /^(ext[234]|xfs|btrfs|vfat)$/;

function describe({ partition, content }: FoundVolume): HostPartition {
  const { type, uuid } = content;
  if (!mountable.test(type) || uuid === undefined)
    throw unfit(`partition ${partition!.number} holds ${type}, which it does not mount`);
  return { number: partition!.number, type, uuid };
}

async function findBoot(
  volumes: readonly FoundVolume[],
  system: FoundVolume,
): Promise<FoundVolume | undefined> {
  const others = volumes.filter((volume) => volume !== system && volume.partition);
  const fstab = system.tree && (await readFile(system.tree, '/etc/fstab'));
  if (!fstab) return await looksLikeBoot(others);
  const source = /^[ \t]*([^#\s]\S*)[ \t]+\/boot[ \t]/m.exec(fstab.toString('utf8'))?.[1];
  if (source === undefined) return undefined;
  const found = others.find((volume) => names(source, volume));
  if (found) return found;
  throw unfit(`/etc/fstab of the image has /boot on ${source}, which is not on the disk`);
}

/** Whether a first field of fstab(5) means this file system. Device names may differ, numbers of partitions do not. */
function names(source: string, { partition, content }: FoundVolume): boolean {
  const [, tag = '', value = ''] = /^(\w+)="?([^"]*)"?$/.exec(source) ?? [];
  const values: Record<string, string | undefined> = {
    UUID: content.uuid,
    LABEL: content.label,
    PARTUUID: partition?.uuid,
    PARTLABEL: partition?.name,
  };
  if (tag) return values[tag]?.toLowerCase() === value.toLowerCase();
  return Number(/^\/dev\/\S*\D(\d+)$/.exec(source)?.[1]) === partition?.number;
}

async function looksLikeBoot(volumes: readonly FoundVolume[]): Promise<FoundVolume | undefined> {
  const likely: FoundVolume[] = [];
  for (const volume of volumes) if (await holdsKernels(volume)) likely.push(volume);
  return likely.length === 1 ? likely[0] : undefined;
}

async function holdsKernels({ tree }: FoundVolume): Promise<boolean> {
  try {
    const top = await (await tree?.find('/'))?.list();
    return top?.some((name) => name.startsWith('vmlinuz-')) ?? false;
  } catch (error) {
    if (error instanceof Damaged) return false;
    throw error;
  }
}
