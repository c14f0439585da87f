import { type VappMetadata, volumeXml, writeMetadata } from '../../src/domain/index.js';
import type { Connection, Domain } from '../../src/libvirt/index.js';
import { type CloneOptions, cloneTemplate } from '../../src/template/index.js';

/** The pool that libvirt's mock driver has. */
export const pool = 'default-pool';

export const metadataOf = (name: string, more: Partial<VappMetadata> = {}): VappMetadata => ({
  kind: 'template',
  build: `${name}-20250102-abcdef`,
  appliance: name,
  os: 'debian-13',
  pool,
  volume: `vapp-${name}-20250102-abcdef.qcow2`,
  ...more,
});

/** A domain of libvirt's mock driver, with vapp's metadata or without. */
export const domainXml = (name: string, metadata?: VappMetadata): string => `<domain type='test'>
  <name>${name}</name><title>${name}: a title</title>
  <metadata>${metadata ? writeMetadata(metadata) : ''}</metadata>
  <memory unit='MiB'>8</memory><os><type>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/${pool}/${metadata?.volume}'/><target dev='vda'/></disk>
  </devices>
</domain>`;

/** Defines a template and makes its disk. */
export async function makeTemplate(
  connection: Connection,
  name: string,
  more: Partial<VappMetadata> = {},
): Promise<Domain> {
  const metadata = metadataOf(name, more);
  await makeVolume(connection, metadata.volume ?? '');
  return await connection.defineDomain(domainXml(name, metadata));
}

export async function makeVolume(connection: Connection, name: string): Promise<void> {
  const found = await connection.lookupPool(pool);
  await found?.createVolume(volumeXml({ name, capacity: 2 ** 20, format: 'qcow2' }));
}

export async function volumeNames(connection: Connection): Promise<string[]> {
  const found = await connection.lookupPool(pool);
  return ((await found?.listVolumes()) ?? []).map(({ name }) => name).sort();
}

export async function domainNames(connection: Connection): Promise<string[]> {
  return (await connection.listDomains()).map(({ name }) => name).sort();
}

/** Clones a template; the disk is called as the clone is. */
export const cloneOf = (connection: Connection, o: Partial<CloneOptions> = {}): Promise<void> => {
  const name = o.name ?? 'web-1';
  return cloneTemplate(
    connection,
    { template: 'web', name, volume: `${name}.qcow2`, start: false, ...o },
    (found, _name, xml) => found.createVolume(xml),
  );
};
