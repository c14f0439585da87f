import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VappError } from '../errors.js';
import type { Connection } from '../libvirt/index.js';
import { domainMetadata } from '../template/index.js';
import { Journal, leftovers, type Resource } from './journal.js';
import { type BuildRecord, buildFiles } from './workspace.js';

export interface Cleaned {
  build: string;
  resource: Resource;
  /** `kept` names why: it is not ours any more, or it has become a template. */
  outcome: 'removed' | 'absent' | 'kept';
  reason?: string;
}

/**
 * Removes what builds whose process is gone left on this connection's host, as their journals tell it. A domain goes only
 * if it carries the build's tag, a volume only if its name carries the build's id.
 */
export async function cleanBuilds(
  connection: Connection,
  builds: readonly BuildRecord[],
  o: { dryRun: boolean },
): Promise<Cleaned[]> {
  const cleaned: Cleaned[] = [];
  for (const build of builds) {
    if (build.state === 'running' || build.uri !== connection.uri) continue;
    const left = leftovers(build.entries);
    if (left.length === 0) continue;
    cleaned.push(...(await cleanBuild(connection, build, left, o)));
  }
  return cleaned;
}

async function cleanBuild(
  connection: Connection,
  build: BuildRecord,
  left: readonly Resource[],
  o: { dryRun: boolean },
): Promise<Cleaned[]> {
  const journal = o.dryRun ? undefined : new Journal(join(build.directory, buildFiles.journal));
  try {
    const published = await publishedVolume(connection, build.id);
    const cleaned: Cleaned[] = [];
    for (const resource of left) {
      const result = await cleanResource(connection, build.id, resource, { ...o, published });
      journal?.write({ op: result.outcome === 'kept' ? 'keep' : 'gone', resource });
      cleaned.push({ build: build.id, resource, ...result });
    }
    return cleaned;
  } finally {
    journal?.close();
  }
}

/** The disk of this build's template, if one is defined: the build was killed between defining it and writing that down. */
async function publishedVolume(connection: Connection, build: string): Promise<string | undefined> {
  for (const domain of await connection.listDomains()) {
    const metadata = await domainMetadata(domain);
    if (metadata?.build === build && metadata.kind === 'template') return metadata.volume;
  }
  return undefined;
}

type Outcome = Pick<Cleaned, 'outcome' | 'reason'>;

async function cleanResource(
  connection: Connection,
  build: string,
  resource: Resource,
  o: { dryRun: boolean; published: string | undefined },
): Promise<Outcome> {
  switch (resource.kind) {
    case 'domain':
      return await cleanDomain(connection, build, resource.name, o.dryRun);
    case 'volume':
      return await cleanVolume(connection, build, resource, o);
    case 'directory':
      if (!o.dryRun) await rm(resource.path, { recursive: true, force: true });
      return { outcome: 'removed' };
  }
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
  if (!dryRun) await domain.destroy();
  return { outcome: 'removed' };
}

async function cleanVolume(
  connection: Connection,
  build: string,
  { pool: poolName, name }: { pool: string; name: string },
  o: { dryRun: boolean; published: string | undefined },
): Promise<Outcome> {
  if (!name.includes(build)) {
    throw new VappError(
      'VAPP_CLEAN_TAG',
      `volume ${poolName}/${name} does not carry the id of build ${build}`,
      {
        why: 'the journal was changed by something else',
        hint: `virsh -c ${connection.uri} vol-info --pool ${poolName} ${name}`,
      },
    );
  }
  const volume = await (await connection.lookupPool(poolName))?.lookupVolume(name);
  if (!volume) return { outcome: 'absent' };
  if (name === o.published) return { outcome: 'kept', reason: 'it is the disk of a template' };
  if (!o.dryRun) await volume.delete();
  return { outcome: 'removed' };
}
