import { type VappMetadata, withUuid } from '../domain/index.js';
import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import type { Connection, Domain } from '../libvirt/index.js';
import { shellWord } from '../shell-word.js';
import { domainMetadata, listTagged } from './list.js';
import { deleteVolume } from './volume.js';

/**
 * Throws VAPP_NAME_TAKEN when a domain of this name exists, unless `force` is given and the domain is a template of ours
 * that does not run: a foreign domain is never replaced.
 */
export async function refuseTakenName(
  connection: Connection,
  name: string,
  o: { force: boolean },
): Promise<void> {
  const domain = await connection.lookupDomain(name);
  if (!domain) return;
  const metadata = await domainMetadata(domain);
  if (metadata?.kind !== 'template') {
    throw new VappError('VAPP_NAME_TAKEN', `the name ${name} is taken`, {
      why: 'a domain of this name exists and is not a template of vapp',
      hint: 'vapp build --name OTHER SPEC',
    });
  }
  if (!o.force) {
    throw new VappError('VAPP_NAME_TAKEN', `there is a template ${name} already`, {
      why: `build ${metadata.build} made it`,
      hint: 'vapp build --force SPEC replaces it; --name OTHER builds beside it',
    });
  }
  if ((await domain.state()) !== 'shutoff') {
    throw new VappError('VAPP_NAME_TAKEN', `the template ${name} is running`, {
      why: 'a running domain cannot be replaced',
      hint: `virsh -c ${shellWord(connection.uri)} destroy ${name}`,
    });
  }
}

/** A template that is to be replaced. */
export interface Former {
  domain: Domain;
  metadata: VappMetadata;
}

/** The template that one of this name would replace, if there is one. Throws as refuseTakenName. */
export async function formerTemplate(
  connection: Connection,
  name: string,
  o: { force: boolean },
): Promise<Former | undefined> {
  await refuseTakenName(connection, name, o);
  const domain = await connection.lookupDomain(name);
  const metadata = domain && (await domainMetadata(domain));
  return metadata && { domain, metadata };
}

/** With the former one's UUID libvirt replaces the definition in one step: a kill at any moment leaves one template, old or new. */
export async function defineTemplate(connection: Connection, xml: string, former?: Former): Promise<void> {
  await connection.defineDomain(former ? withUuid(xml, former.domain.uuid) : xml);
}

/**
 * Deletes the disk of a template that was replaced, unless a clone reads it: then it goes with the last of them (delete.ts).
 * Undefined when it cannot be deleted. The new template is there: whatever becomes of the former one's disk, the build has succeeded.
 */
export async function dropFormerDisk(
  connection: Connection,
  { metadata }: Former,
  emit: Emit,
): Promise<'removed' | 'read' | undefined> {
  try {
    const clones = await clonesOf(connection, metadata.build);
    if (clones.length === 0) {
      await deleteVolume(connection, metadata);
      return 'removed';
    }
    const text = `the replaced template’s disk stays as long as a clone reads it: ${clones.join(', ')}`;
    emit({ type: 'notice', text });
    return 'read';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = byHand(connection, metadata);
    emit({ type: 'warning', text: `the replaced template’s disk stays: ${why}`, hint });
    return undefined;
  }
}

const byHand = ({ uri }: Connection, { pool, volume }: VappMetadata): string =>
  `virsh -c ${shellWord(uri)} vol-delete --pool ${pool} ${volume}`;

/** Names of the clones that read the disk which `build` made. */
export async function clonesOf(connection: Connection, build: string): Promise<string[]> {
  const tagged = await listTagged(connection);
  return tagged
    .filter((domain) => domain.metadata.kind === 'clone' && domain.metadata.build === build)
    .map((d) => d.name);
}
