import { randomUUID } from 'node:crypto';
import { cloneDomainXml, type VappMetadata, volumeXml } from '../domain/index.js';
import { VappError } from '../errors.js';
import type { Connection, Pool, Volume } from '../libvirt/index.js';
import { shellWord } from '../shell-word.js';
import { domainMetadata } from './list.js';

export interface CloneOptions {
  template: string;
  name: string;
  /** Name of the clone's disk. */
  volume: string;
  start: boolean;
}

/** Makes a volume in a pool; whoever gives this function removes the volume again when the clone fails. */
export type MakeVolume = (pool: Pool, name: string, xml: string) => Promise<Volume>;

/**
 * Makes a linked clone: a new domain whose qcow2 disk is an overlay on the template's disk.
 * Throws VAPP_TEMPLATE_UNKNOWN, VAPP_TEMPLATE_BROKEN, VAPP_NAME_TAKEN.
 */
export async function cloneTemplate(
  connection: Connection,
  o: CloneOptions,
  makeVolume: MakeVolume,
): Promise<void> {
  const { domain, metadata } = await findTemplate(connection, o.template);
  await refuseTaken(connection, o.name);
  const { pool, base } = await baseDisk(connection, o.template, metadata);
  const { capacity } = await base.info();
  const backing = { path: await base.path(), format: 'qcow2' } as const;
  const xml = volumeXml({ name: o.volume, capacity: Number(capacity), format: 'qcow2', backing });
  const disk = await makeVolume(pool, o.volume, xml);
  const clone = await connection.defineDomain(
    cloneDomainXml(await domain.xml({ inactive: true }), {
      name: o.name,
      uuid: randomUUID(),
      diskPath: await disk.path(),
      metadata: { ...metadata, kind: 'clone', volume: o.volume, template: o.template },
    }),
  );
  if (o.start) await startClone(clone);
}

async function refuseTaken(connection: Connection, name: string): Promise<void> {
  if (!(await connection.lookupDomain(name))) return;
  throw new VappError('VAPP_NAME_TAKEN', `the name ${name} is taken`, {
    why: `a domain of this name exists on ${connection.uri}`,
    hint: `virsh -c ${shellWord(connection.uri)} dominfo ${name}`,
  });
}

async function baseDisk(
  connection: Connection,
  template: string,
  metadata: VappMetadata,
): Promise<{ pool: Pool; base: Volume }> {
  const pool = await connection.lookupPool(metadata.pool ?? '');
  const base = await pool?.lookupVolume(metadata.volume ?? '');
  if (pool && base) return { pool, base };
  throw new VappError('VAPP_TEMPLATE_BROKEN', `the disk of template ${template} is gone`, {
    why: `there is no volume ${metadata.pool}/${metadata.volume}`,
    hint: `vapp delete ${template}, then build it anew`,
  });
}

async function startClone(clone: { start(): Promise<void>; undefine(): Promise<void> }): Promise<void> {
  try {
    await clone.start();
  } catch (error) {
    await clone.undefine();
    throw error;
  }
}

/** Looks a template up by its domain's name. Throws VAPP_TEMPLATE_UNKNOWN. */
export async function findTemplate(connection: Connection, name: string) {
  const domain = await connection.lookupDomain(name);
  const metadata = domain && (await domainMetadata(domain));
  if (!domain || metadata?.kind !== 'template') {
    throw new VappError('VAPP_TEMPLATE_UNKNOWN', `there is no template ${name}`, {
      why: domain
        ? 'the domain of this name is not a template of vapp'
        : `${connection.uri} has no such domain`,
      hint: 'vapp templates',
    });
  }
  return { domain, metadata };
}
