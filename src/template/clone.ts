import { randomUUID } from 'node:crypto';
import { cloneDomainXml, volumeXml } from '../domain/index.js';
import { VappError } from '../errors.js';
import type { Connection } from '../libvirt/index.js';
import { domainMetadata } from './list.js';

export interface CloneOptions {
  template: string;
  name: string;
  start: boolean;
}

/**
 * Makes a linked clone: a new domain whose qcow2 disk is an overlay on the template's disk.
 * Throws VAPP_TEMPLATE_UNKNOWN, VAPP_NAME_TAKEN. What was made before a failure is removed again.
 */
export async function cloneTemplate(connection: Connection, o: CloneOptions): Promise<void> {
  const { domain, metadata } = await findTemplate(connection, o.template);
  if (await connection.lookupDomain(o.name)) {
    throw new VappError('VAPP_NAME_TAKEN', `the name ${o.name} is taken`, {
      why: `a domain of this name exists on ${connection.uri}`,
      hint: `virsh -c ${connection.uri} dominfo ${o.name}`,
    });
  }
  const pool = await connection.lookupPool(metadata.pool ?? '');
  const base = await pool?.lookupVolume(metadata.volume ?? '');
  if (!pool || !base) {
    throw new VappError('VAPP_TEMPLATE_BROKEN', `the disk of template ${o.template} is gone`, {
      why: `there is no volume ${metadata.pool}/${metadata.volume}`,
      hint: `vapp delete ${o.template}, then build it anew`,
    });
  }
  const info = await base.info();
  const volumeName = `${o.name}.qcow2`;
  const disk = await pool.createVolume(
    volumeXml({
      name: volumeName,
      capacity: Number(info.capacity),
      format: 'qcow2',
      backing: { path: await base.path(), format: 'qcow2' },
    }),
  );
  try {
    const xml = cloneDomainXml(await domain.xml({ inactive: true }), {
      name: o.name,
      uuid: randomUUID(),
      diskPath: await disk.path(),
      metadata: { ...metadata, kind: 'clone', volume: volumeName, template: o.template },
    });
    const clone = await connection.defineDomain(xml);
    if (o.start) await startClone(clone);
  } catch (error) {
    await disk.delete().catch(() => undefined);
    throw error;
  }
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
