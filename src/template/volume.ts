import type { VappMetadata } from '../domain/index.js';
import type { Connection } from '../libvirt/index.js';

/** Deletes the disk that our metadata names; a disk that is gone already is no error. */
export async function deleteVolume(
  connection: Connection,
  metadata: Pick<VappMetadata, 'pool' | 'volume'>,
): Promise<void> {
  if (!metadata.pool || !metadata.volume) return;
  const pool = await connection.lookupPool(metadata.pool);
  const volume = await pool?.lookupVolume(metadata.volume);
  await volume?.delete();
}
