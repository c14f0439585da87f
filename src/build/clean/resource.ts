import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Connection } from '../../libvirt/index.js';
import { shellWord } from '../../shell-word.js';
import { domainMetadata, type TaggedDomain } from '../../template/index.js';
import { destroyDomain } from '../guest/guest-end.js';
import type { Resource, VolumeResource } from '../records/journal.js';
import type { BuildRecord } from '../records/records.js';
import { isOfFormer, whyFormerStays } from './former-disk.js';
import { cleanHostResource, type Outcome, tampered } from './host.js';

interface CleanVolumeOptions {
  dryRun: boolean;
  /** All domains with vapp's tag. */
  tagged: readonly TaggedDomain[];
  /** As diskOwners gives them. */
  owners: ReadonlyMap<string, string>;
  /** Volumes of a pool that is not there are given up. */
  forgetful?: boolean;
}

/** Removes one thing that a build left, if it still carries the build's tag. Throws VAPP_CLEAN_TAG, see cleanBuilds. */
export async function cleanResource(
  connection: Connection,
  build: BuildRecord,
  resource: Resource,
  o: CleanVolumeOptions,
): Promise<Outcome> {
  switch (resource.kind) {
    case 'domain':
      return await cleanDomain(connection, build.id, resource.name, o.dryRun);
    case 'volume':
      return await cleanVolume(connection, build.id, resource, o);
    case 'directory':
    case 'file':
      return await cleanOwnFile(build, resource, o.dryRun);
    default:
      return await cleanHostResource(build.id, resource, o);
  }
}

async function cleanOwnFile(
  build: BuildRecord,
  { kind, path }: { kind: string; path: string },
  dryRun: boolean,
): Promise<Outcome> {
  if (basename(dirname(path)) !== build.id)
    throw tampered(`${kind} ${path} is not one of build ${build.id}`, `ls -ld ${path}`);
  if (!existsSync(path)) return { outcome: 'absent' };
  if (!dryRun) await rm(path, { recursive: true, force: true });
  return { outcome: 'removed' };
}

async function cleanDomain(
  connection: Connection,
  build: string,
  name: string,
  dryRun: boolean,
): Promise<Outcome> {
  const domain = await connection.lookupDomain(name);
  if (!domain) return { outcome: 'absent' };
  const metadata = await domainMetadata(domain);
  if (metadata?.build !== build)
    return { outcome: 'kept', reason: 'it does not carry the tag of this build' };
  if (metadata.kind !== 'build') return { outcome: 'kept', reason: `it is a ${metadata.kind}` };
  // It may end by itself at this moment: autodestroy is at work after a connection was lost.
  if (!dryRun) await destroyDomain(connection, name);
  return { outcome: 'removed' };
}

async function cleanVolume(
  connection: Connection,
  build: string,
  { pool: poolName, name, former }: VolumeResource,
  o: CleanVolumeOptions,
): Promise<Outcome> {
  if (former ? !isOfFormer(name, former) : !name.includes(build)) {
    throw tampered(
      `volume ${poolName}/${name} does not carry the id of build ${former?.build ?? build}`,
      `virsh -c ${shellWord(connection.uri)} vol-info --pool ${poolName} ${name}`,
    );
  }
  const pool = await connection.lookupPool(poolName);
  // Whoever undefines a pool leaves its files where they are, and may define it again.
  if (!pool && !o.forgetful)
    return {
      outcome: 'unreachable',
      reason: `there is no storage pool ${poolName}; vapp clean ${build} gives it up`,
    };
  if (pool && !(await pool.isActive()))
    return {
      outcome: 'unreachable',
      reason: `the storage pool ${poolName} is not active → virsh -c ${shellWord(connection.uri)} pool-start ${poolName}`,
    };
  if (!pool)
    return {
      outcome: 'absent',
      reason: `there is no storage pool ${poolName}, so its file stays where it is`,
    };
  const volume = await pool.lookupVolume(name);
  if (!volume) return { outcome: 'absent' };
  const reason =
    o.owners.get(name) ?? (former && (await whyFormerStays(connection, { name, former, tagged: o.tagged })));
  if (reason) return { outcome: 'kept', reason };
  if (!o.dryRun) await volume.delete();
  return { outcome: 'removed' };
}
