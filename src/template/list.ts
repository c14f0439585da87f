import { metadataNamespace, readMetadata, type VappMetadata } from '../domain/index.js';
import { type Connection, type Domain, isMissing } from '../libvirt/index.js';

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
    const found = await unlessGone(describe(domain));
    if (found) tagged.push(found);
    await domain.free();
  }
  return tagged.sort((a, b) => a.name.localeCompare(b.name));
}

/** The template that a build made. */
export const templateOfBuild = async (
  connection: Connection,
  build: string,
): Promise<TaggedDomain | undefined> =>
  (await listTagged(connection)).find(({ metadata: m }) => m.kind === 'template' && m.build === build);

/** Name of a domain, anybody's, that `text` stands in: as it runs, or as it is defined. */
export async function domainNaming(connection: Connection, text: string): Promise<string | undefined> {
  for (const domain of await connection.listDomains()) {
    const forms = [await unlessGone(domain.xml()), await unlessGone(domain.xml({ inactive: true }))];
    await domain.free();
    if (forms.some((xml) => xml?.includes(text))) return domain.name;
  }
  return undefined;
}

async function describe(domain: Domain): Promise<TaggedDomain | undefined> {
  const metadata = await domainMetadata(domain);
  if (!metadata) return undefined;
  const title = (await domain.metadata('title')) ?? '';
  return { name: domain.name, uuid: domain.uuid, state: await domain.state(), title, metadata };
}

/** Our metadata element of a domain; undefined for a domain that is not ours, or gone in the meantime. */
export async function domainMetadata(domain: Domain): Promise<VappMetadata | undefined> {
  const element = await unlessGone(domain.metadata('element', metadataNamespace));
  return element === undefined ? undefined : readMetadata(element);
}

/** A transient domain, such as another build's guest, may end between a look at the list and one at the domain. */
async function unlessGone<T>(looked: Promise<T>): Promise<T | undefined> {
  try {
    return await looked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
