import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VappError } from '../../errors.js';
import { type HostResource, mapUuid } from './resources.js';
import type { Run } from './run.js';

export interface Map {
  name: string;
  uuid: string;
}

/** All maps of the host. No name has a `/`, and a UUID of ours has none either. */
export async function listMaps(run: Run): Promise<Map[]> {
  const columns = ['--columns', '--noheadings', '--separator', '/', '--options', 'name,uuid'];
  const lines = (await run(['dmsetup', 'info', ...columns])).split('\n');
  return lines.flatMap((line) => {
    const cut = line.indexOf('/');
    return cut < 0 ? [] : [{ name: line.slice(0, cut).trim(), uuid: line.slice(cut + 1).trim() }];
  });
}

/** The process that serves a network block device, as the kernel tells it; nothing for one that is free. */
function serverOf(device: string): string | undefined {
  try {
    const pid = readFileSync(`/sys/block/${basename(device)}/pid`, 'utf8').trim();
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return undefined;
  }
}

/** What of a resource is there and carries its tag: names of maps, paths of devices. */
export async function findHostResource(run: Run, resource: HostResource): Promise<string[]> {
  const { tag } = resource;
  switch (resource.kind) {
    case 'loop':
      return await loopsOf(run, tag);
    case 'nbd':
      return serverOf(resource.device)?.includes(`/${tag}/`) ? [resource.device] : [];
    case 'map':
      return namesOf(await listMaps(run), (uuid) => uuid === mapUuid(tag));
    case 'partitions':
      return namesOf(await listMaps(run), (uuid) => /^part\d+-(.*)$/.exec(uuid)?.[1] === mapUuid(tag));
  }
}

const namesOf = (maps: readonly Map[], wanted: (uuid: string) => boolean): string[] =>
  maps.filter(({ uuid }) => wanted(uuid)).map(({ name }) => name);

async function loopsOf(run: Run, tag: string): Promise<string[]> {
  const text = await run(['losetup', '--json', '--list', '--output', 'NAME,REF']);
  // Nothing at all without a loop device.
  const { loopdevices } = JSON.parse(text || '{"loopdevices":[]}') as {
    loopdevices: { name: string; ref: string | null }[];
  };
  return loopdevices.filter(({ ref }) => ref === tag).map(({ name }) => name);
}

const removers: Record<HostResource['kind'], readonly string[]> = {
  loop: ['losetup', '--detach'],
  nbd: ['qemu-nbd', '--disconnect'],
  map: ['dmsetup', 'remove', '--retry'],
  partitions: ['dmsetup', 'remove', '--retry'],
};

const inUse = (names: readonly string[]): VappError =>
  new VappError('VAPP_BOOTLOADER_PROGRAM', `${names.join(' and ')} cannot be removed`, {
    why: 'something still has it open',
  });

/** Milliseconds. What a process that was killed had open is closed soon, but only once its writes are on the disk. */
const patience = 60_000;
const pause = 500;

/**
 * Removes what is there of a resource, and nothing that does not carry its tag.
 * @param undo the command that a person would take for it, tried first
 * @returns whether there was anything
 * @throws what the last try said, after a minute
 */
export async function removeHostResource(
  run: Run,
  resource: HostResource,
  undo?: readonly string[],
): Promise<boolean> {
  let found = await findHostResource(run, resource);
  if (found.length === 0) return false;
  if (undo) await run(undo).catch(() => '');
  for (const end = Date.now() + patience; ; await sleep(pause)) {
    found = await findHostResource(run, resource);
    if (found.length === 0) return true;
    const tries = await Promise.allSettled(found.map((name) => run([...removers[resource.kind], name])));
    if (Date.now() > end) throw tries.find((one) => one.status === 'rejected')?.reason ?? inUse(found);
  }
}
