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

/** Defines the template. A template of the same name that was there before is replaced, and its disk deleted once no clone uses it. */
export async function publishTemplate(
  connection: Connection,
  o: { name: string; xml: string; force: boolean; emit: Emit },
): Promise<void> {
  await refuseTakenName(connection, o.name, { force: o.force });
  const former = await connection.lookupDomain(o.name);
  const metadata = former && (await domainMetadata(former));
  await replaceDomain(connection, former, o.xml);
  if (!metadata) return;
  try {
    await dropFormerDisk(connection, metadata, o.emit);
  } catch (error) {
    // The new template is there: whatever became of the former one's disk, the build has succeeded.
    const why = error instanceof Error ? error.message : String(error);
    o.emit({
      type: 'warning',
      text: `the replaced template’s disk stays: ${why}`,
      hint: byHand(connection, metadata),
    });
  }
}

async function dropFormerDisk(connection: Connection, former: VappMetadata, emit: Emit): Promise<void> {
  const clones = await clonesOf(connection, former.build);
  if (clones.length === 0) return await deleteVolume(connection, former);
  emit({
    type: 'notice',
    text: `the replaced template’s disk stays as long as a clone reads it: ${clones.join(', ')}`,
  });
}

const byHand = ({ uri }: Connection, { pool, volume }: VappMetadata): string =>
  `virsh -c ${shellWord(uri)} vol-delete --pool ${pool} ${volume}`;

/** With the former one's UUID libvirt replaces the definition in one step: a kill at any moment leaves one template, old or new. */
async function replaceDomain(connection: Connection, former: Domain | undefined, xml: string): Promise<void> {
  await connection.defineDomain(former ? withUuid(xml, former.uuid) : xml);
}

/** Names of the clones that read the disk which `build` made. */
export async function clonesOf(connection: Connection, build: string): Promise<string[]> {
  const tagged = await listTagged(connection);
  return tagged
    .filter((domain) => domain.metadata.kind === 'clone' && domain.metadata.build === build)
    .map((d) => d.name);
}
