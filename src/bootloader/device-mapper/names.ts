import { existsSync, readdirSync } from 'node:fs';
import { unfit } from './needs.js';
import type { Run } from './run.js';

const letters = [...'abcdefghijklmnopqrstuvwxyz'];

/**
 * The first of hda to hdz that no map's name begins with, a partition's neither. The kernel has each name once: who else takes
 * it in between makes dmsetup(8) fail.
 * @throws VAPP_HOST_MAPPER
 */
export function freeMapName(taken: readonly string[]): string {
  const name = letters
    .map((letter) => `hd${letter}`)
    .find((one) => !taken.some((other) => other.startsWith(one)));
  if (name === undefined) throw unfit('all names from hda to hdz are taken');
  return name;
}

/**
 * The first network block device that nobody serves.
 * @throws VAPP_HOST_MAPPER
 */
export async function freeNbd(run: Run, block = '/sys/block'): Promise<string> {
  if (!existsSync(`${block}/nbd0`)) await run(['modprobe', 'nbd']);
  const devices = readdirSync(block).filter((name) => /^nbd\d+$/.test(name));
  const free = devices
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))
    .find((name) => !existsSync(`${block}/${name}/pid`));
  if (free === undefined) throw unfit('all network block devices are in use');
  return `/dev/${free}`;
}
