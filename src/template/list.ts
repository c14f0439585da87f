import { metadataNamespace, readMetadata, type VappMetadata } from '../domain/index.js';
import type { Connection, Domain } from '../libvirt/index.js';

/** A domain that carries our tag. */
export interface TaggedDomain {
  name: string;
  uuid: string;
  state: string;
  title: string;
  metadata: VappMetadata;
}

/** All domains of the host that vapp made and that still carry its metadata, by name. */
export async function listTagged(connection: Connection): Promise<TaggedDomain[]> {
  const tagged: TaggedDomain[] = [];
  for (const domain of await connection.listDomains()) {
    const metadata = await domainMetadata(domain);
    if (metadata) {
      const title = (await domain.metadata('title')) ?? '';
      tagged.push({ name: domain.name, uuid: domain.uuid, state: await domain.state(), title, metadata });
    }
    await domain.free();
  }
  return tagged.sort((a, b) => a.name.localeCompare(b.name));
}

/** Our metadata element of a domain; undefined for a domain that is not ours. */
export async function domainMetadata(domain: Domain): Promise<VappMetadata | undefined> {
  const element = await domain.metadata('element', metadataNamespace);
  return element === undefined ? undefined : readMetadata(element);
}
