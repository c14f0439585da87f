import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { poolXml, volumeXml } from '../domain/index.js';
import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Connection, Pool, Volume } from '../libvirt/index.js';
import { shellWord } from '../shell-word.js';
import type { BuildContext } from './context.js';
import type { Scope } from './records/scope.js';

/**
 * The pool that holds media and disks, active. A missing `default` pool is made where libvirt's own tools make it
 * (virt-manager does the same), if `directory` says where; any other name must exist. Throws VAPP_HOST_POOL with the virsh line to type.
 */
export async function ensurePool(
  connection: Connection,
  o: { name: string; directory: string | undefined; emit: Emit },
): Promise<Pool> {
  const pool = (await connection.lookupPool(o.name)) ?? (await makeDefaultPool(connection, o));
  if (!(await pool.isActive())) {
    try {
      await pool.start();
    } catch (cause) {
      if (await isStartedByAnother(pool)) return pool;
      throw notStarted(connection.uri, o.name, cause);
    }
    o.emit({ type: 'notice', text: `started the storage pool ${o.name}` });
  }
  return pool;
}

function notStarted(uri: string, name: string, cause: unknown): VappError {
  const virsh = `virsh -c ${shellWord(uri)}`;
  // Whoever made it may have been killed before it had its directory; one that is there is no mistake.
  const build = name === 'default' ? `${virsh} pool-build ${name} && ` : '';
  return new VappError('VAPP_HOST_POOL', `the storage pool ${name} cannot be started`, {
    why: cause instanceof Error ? cause.message : String(cause),
    hint: `${build}${virsh} pool-start ${name}`,
    cause,
  });
}

/** Another build may have been quicker; its pool has perhaps no directory yet, or is on its way. */
async function isStartedByAnother(pool: Pool): Promise<boolean> {
  for (let looks = 0; looks < 5; looks++) {
    if (await pool.isActive()) return true;
    await pause(200);
  }
  return await pool.isActive();
}

async function makeDefaultPool(
  connection: Connection,
  o: { name: string; directory: string | undefined; emit: Emit },
): Promise<Pool> {
  if (o.name !== 'default') {
    throw new VappError('VAPP_HOST_POOL', `there is no storage pool ${o.name}`, {
      why: `${connection.uri} does not know it`,
      hint: `virsh -c ${shellWord(connection.uri)} pool-list --all`,
    });
  }
  if (o.directory === undefined) throw noPlaceForImages(connection.uri);
  let pool: Pool;
  try {
    pool = await connection.definePool(poolXml({ name: o.name, path: o.directory }));
  } catch (error) {
    const made = await connection.lookupPool(o.name);
    if (made) return made;
    throw error;
  }
  try {
    await pool.build();
  } catch (error) {
    // libvirt makes no place for a pool that is active.
    if (!(await isStartedByAnother(pool))) throw error;
  }
  await pool.setAutostart(true);
  o.emit({ type: 'notice', text: `made the storage pool default in ${o.directory}` });
  return pool;
}

/** A user's session on another machine has no pool yet, and vapp does not know that user's home. */
export function noPlaceForImages(uri: string): VappError {
  const virsh = `virsh -c ${shellWord(uri)}`;
  const define = 'pool-define-as default dir --target /home/USER/.local/share/libvirt/images';
  return new VappError('VAPP_HOST_POOL', 'there is no storage pool default', {
    why: 'it is a user’s session on another machine: vapp does not know where images belong there',
    hint: `${virsh} ${define} && ${virsh} pool-build default`,
  });
}

interface UploadOptions {
  pool: Pool;
  poolName: string;
  name: string;
  /** Path of a local file. */
  file: string;
}

/**
 * Uploads a file as a raw volume of the pool and returns the volume's path on the libvirt host: labels and permissions
 * are then libvirt's business, and a remote host works the same way.
 */
export async function uploadFile(
  context: Pick<BuildContext, 'scope' | 'emit' | 'signal'>,
  o: UploadOptions,
): Promise<string> {
  const { size } = await stat(o.file);
  const xml = volumeXml({ name: o.name, capacity: size, format: 'raw' });
  const volume = await createVolume({ ...o, scope: context.scope }, xml);
  const onProgress = (done: number): void =>
    context.emit({ type: 'progress', task: `upload ${o.name}`, done, total: size, unit: 'bytes' });
  try {
    await volume.upload(o.file, { size, onProgress, signal: context.signal });
  } catch (error) {
    throw poolFull(error, o) ?? error;
  }
  return await volume.path();
}

/** libvirt has no number of its own for it. Of a daemon that speaks another language its words are shown. */
function poolFull(cause: unknown, { poolName, name }: UploadOptions): VappError | undefined {
  if (!(cause instanceof VappError) || !/No space left on device/.test(cause.message)) return undefined;
  return new VappError('VAPP_BUILD_STORAGE', `the storage pool ${poolName} is full`, {
    why: `no space is left for the volume ${name}`,
    hint: 'make room in it, or build with --pool OTHER',
    cause,
  });
}

/** Makes a volume that the scope deletes unless it is kept. */
export async function createVolume(
  o: { pool: Pool; poolName: string; scope: Scope; name: string },
  xml: string,
): Promise<Volume> {
  return await o.scope.acquire(
    { kind: 'volume', pool: o.poolName, name: o.name },
    () => o.pool.createVolume(xml),
    async () => {
      await (await o.pool.lookupVolume(o.name))?.delete();
    },
  );
}
