import type { VappMetadata } from '../domain/index.js';
import { VappError } from '../errors.js';
import type { Connection, Pool } from '../libvirt/index.js';
import { diskName } from '../plan/names.js';
import { shellWord } from '../shell-word.js';
import { domainMetadata, listTagged } from './list.js';
import { clonesOf } from './publish.js';
import { undefineDomain } from './undefine.js';
import { deleteVolume } from './volume.js';

/**
 * Deletes a template or a clone with its disk, and with a replaced template's last clone the template's disk. Only domains with our tag
 * are touched, and none that runs.
 * Of a pool that is not defined the disk stays, and is what this gives, as `pool/volume`.
 * Throws VAPP_TEMPLATE_UNKNOWN, VAPP_TEMPLATE_IN_USE; VAPP_HOST_POOL before anything is done when the disk's pool is not active.
 */
export async function deleteTagged(
  connection: Connection,
  name: string,
  o: { force: boolean },
): Promise<string | undefined> {
  const domain = await connection.lookupDomain(name);
  const metadata = domain && (await domainMetadata(domain));
  if (!domain || !metadata || metadata.kind === 'build') {
    throw new VappError('VAPP_TEMPLATE_UNKNOWN', `there is no template or clone ${name}`, {
      why: domain ? 'vapp did not make the domain of this name' : `${connection.uri} has no such domain`,
      hint: 'vapp templates',
    });
  }
  const clones = metadata.kind === 'template' ? await clonesOf(connection, metadata.build) : [];
  if (clones.length > 0) {
    throw new VappError('VAPP_TEMPLATE_IN_USE', `template ${name} has clones`, {
      why: `${clones.join(', ')} read${clones.length === 1 ? 's' : ''} its disk`,
      hint: clones.map((clone) => `vapp delete ${clone}`).join('; '),
    });
  }
  const pool = await poolOf(connection, metadata);
  if ((await domain.state()) !== 'shutoff') {
    if (!o.force) {
      throw new VappError('VAPP_TEMPLATE_IN_USE', `${name} is running`, {
        why: 'deleting it would take the disk from under it',
        hint: `virsh -c ${shellWord(connection.uri)} shutdown ${name}; or vapp delete --force ${name}`,
      });
    }
    await domain.destroy();
  }
  await undefineDomain(domain);
  if (!pool) return metadata.volume && `${metadata.pool}/${metadata.volume}`;
  await deleteVolume(connection, metadata);
  if (metadata.kind === 'clone') await dropOrphanedBase(connection, metadata);
  return undefined;
}

/** Looked at before: once the domain is undefined, nothing leads to its disk any more. */
async function poolOf(connection: Connection, { pool: name }: VappMetadata): Promise<Pool | undefined> {
  const pool = name === undefined ? undefined : await connection.lookupPool(name);
  if (!pool || (await pool.isActive())) return pool;
  throw new VappError('VAPP_HOST_POOL', `the storage pool ${name} is not active`, {
    why: 'the disk is in it, and could not be deleted',
    hint: `virsh -c ${shellWord(connection.uri)} pool-start ${name}`,
  });
}

/** The disk of a template that was replaced stays for its clones; it goes with the last of them. */
async function dropOrphanedBase(connection: Connection, { build, pool }: VappMetadata): Promise<void> {
  const tagged = await listTagged(connection);
  if (tagged.some(({ metadata }) => metadata.build === build && metadata.kind !== 'build')) return;
  await deleteVolume(connection, { kind: 'template', build, ...(pool && { pool }), volume: diskName(build) });
}
