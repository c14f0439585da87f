import { stat } from 'node:fs/promises';
import { firstDisk, volumeFormat } from '../domain/index.js';
import type { Connection, Volume } from '../libvirt/index.js';
import { isRemote } from '../plan/index.js';
import { shellWord } from '../shell-word.js';
import { type Disk, type DiskFormat, openDisk } from '../verify/index.js';
import { type DiskTarget, type FileOptions, noDisk, openFile } from './disk-file.js';

export type { DiskTarget } from './disk-file.js';

/**
 * Opens a disk for reading: a raw or qcow2 file, a block device, a volume `POOL/VOLUME`, or a domain's first disk. A file that
 * exists comes first, and whatever begins with `/` or `.` is one. Of volumes only the ranges that are asked for are read.
 * @param connection gives the connection to libvirt, for what is no file.
 * @throws VAPP_VERIFY_TARGET, VAPP_VERIFY_FORMAT, VAPP_VERIFY_QCOW2, LibvirtError
 */
export async function openTarget(
  text: string,
  connection: () => Promise<Connection>,
  o: TargetOptions = {},
): Promise<DiskTarget> {
  if (/^\.{0,2}\//.test(text) || (await isFile(text))) return await openFile(text, o);
  const [, pool, volume] = /^([^/]+)\/(.+)$/.exec(text) ?? [];
  if (pool && volume) return await openPoolVolume(await connection(), { pool, volume }, o);
  return await openDomain(await connection(), text, o);
}

type TargetOptions = Pick<FileOptions, 'most'>;

const isFile = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isDirectory();
};

async function openPoolVolume(
  connection: Connection,
  { pool: poolName, volume: name }: { pool: string; volume: string },
  o: TargetOptions,
): Promise<DiskTarget> {
  const pool = await connection.lookupPool(poolName);
  const volume = await pool?.lookupVolume(name);
  if (!volume) {
    throw noDisk(`${poolName}/${name}`, {
      why: `it is no file here, and ${connection.uri} has no such ${pool ? 'volume' : 'pool'}`,
      hint: `virsh -c ${shellWord(connection.uri)} ${pool ? `vol-list ${shellWord(poolName)}` : 'pool-list --all'}`,
    });
  }
  return await openVolume(connection, volume, { ...o, name: `${poolName}/${name} on ${connection.uri}` });
}

/** As many images over each other as anybody has. */
const mostLayers = 16;

async function openVolume(
  connection: Connection,
  volume: Volume,
  {
    name,
    format,
    layers = 0,
    most,
  }: TargetOptions & { name: string; format?: DiskFormat | undefined; layers?: number },
): Promise<DiskTarget> {
  const { capacity, type } = await volume.info();
  const openBacking = async (path: string): Promise<Disk> => {
    const base = layers < mostLayers ? await connection.lookupVolumeByPath(path) : undefined;
    if (base) return (await openVolume(connection, base, { name: path, layers: layers + 1 })).disk;
    throw noDisk(path, { why: `${name} is laid over it, and it is in no active storage pool` });
  };
  const disk = await openDisk(volume, capacity, {
    format: format ?? (await formatOf(volume)),
    openBacking,
    ...(most !== undefined && { most }),
  });
  return {
    name,
    format: disk.format,
    path: await volume.path(),
    block: type === 'block',
    local: isLocal(connection),
    disk,
    notes: [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What libvirt takes the volume's file for; a raw one may look like anything. */
const formatOf = async (volume: Volume): Promise<DiskFormat | undefined> =>
  supported(volumeFormat(await volume.xml()));

const supported = (format: string | undefined): DiskFormat | undefined =>
  format === 'raw' || format === 'qcow2' ? format : undefined;

const isLocal = ({ uri }: Connection): boolean => !isRemote(uri);

async function openDomain(connection: Connection, name: string, o: TargetOptions): Promise<DiskTarget> {
  const domain = await connection.lookupDomain(name);
  if (!domain) {
    throw noDisk(name, {
      why: `it is no file here, and ${connection.uri} has no such domain`,
      hint: `virsh -c ${shellWord(connection.uri)} list --all; or name a volume as POOL/VOLUME`,
    });
  }
  const source = firstDisk(await domain.xml());
  if (!source) throw noDisk(name, { why: 'the domain of this name has none' });
  const target = await openSource(connection, name, { ...source, ...o });
  const shutOff = (await domain.state()) === 'shutoff';
  if (shutOff) return { ...target, domain: { name, shutOff } };
  return {
    ...target,
    domain: { name, shutOff },
    notes: [...target.notes, `The domain ${name} is not shut off: its disk may change under our eyes.`],
  };
}

async function openSource(
  connection: Connection,
  domain: string,
  { path, pool, volume, format, ...o }: NonNullable<ReturnType<typeof firstDisk>> & TargetOptions,
): Promise<DiskTarget> {
  if (pool && volume) return await openPoolVolume(connection, { pool, volume }, o);
  const known = path === undefined ? undefined : await connection.lookupVolumeByPath(path);
  if (known) {
    const name = `${path} of ${domain} on ${connection.uri}`;
    return await openVolume(connection, known, { ...o, name, format: supported(format) });
  }
  if (path !== undefined && isLocal(connection))
    return await openFile(path, { ...o, format: supported(format) });
  throw noDisk(`of the domain ${domain}`, {
    why: `${path ?? 'it'} is in no active storage pool of ${connection.uri}`,
  });
}
