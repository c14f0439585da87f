import type { VappMetadata } from '../domain/index.js';
import type { Connection } from '../libvirt/index.js';
import { bootMediumName } from '../plan/names.js';

/** Deletes the disk that our metadata names, and of a template what it boots by; what is gone already is no error. */
export async function deleteVolume(
  connection: Connection,
  metadata: Pick<VappMetadata, 'build' | 'kind' | 'pool' | 'volume'>,
): Promise<void> {
  if (!metadata.pool || !metadata.volume) return;
  const pool = await connection.lookupPool(metadata.pool);
  const names =
    metadata.kind === 'template' ? [metadata.volume, bootMediumName(metadata.build)] : [metadata.volume];
  for (const name of names) await (await pool?.lookupVolume(name))?.delete();
}
