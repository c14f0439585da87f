import type { Connection } from '../../libvirt/index.js';
import { bootMediumName, diskName } from '../../plan/names.js';
import { domainNaming, type Former, type TaggedDomain } from '../../template/index.js';
import type { FormerTemplate, Journal, VolumeResource } from '../records/journal.js';

/** Names of the volumes that a template has of the build which made it. */
const volumeNames = (build: string): string[] => [diskName(build), bootMediumName(build)];

/** The volumes of a template that is about to be replaced, as a journal names them. */
function formerVolumes({ domain: { uuid }, metadata: { build, pool, volume } }: Former): VolumeResource[] {
  if (!pool || volume !== diskName(build)) return [];
  return volumeNames(build).map((name) => ({ kind: 'volume', pool, name, former: { build, uuid } }));
}

/** Writes down what is about to become, or has become, of the former template's volumes. */
export function noteFormer(journal: Journal, op: 'make' | 'gone' | 'keep', former: Former | undefined): void {
  for (const resource of former ? formerVolumes(former) : []) journal.write({ op, resource });
}

/** Whether a volume has a name that only a volume of this former template can have. */
export const isOfFormer = (name: string, { build }: FormerTemplate): boolean =>
  volumeNames(build).includes(name);

/**
 * Why a former template's volume must not be removed. It may go only if the domain that was that template carries another build's tag
 * now, and no domain at all, anybody's, speaks of the volume.
 */
export async function whyFormerStays(
  connection: Connection,
  { name, former, tagged }: { name: string; former: FormerTemplate; tagged: readonly TaggedDomain[] },
): Promise<string | undefined> {
  const now = tagged.find(({ uuid }) => uuid === former.uuid)?.metadata;
  if (now?.kind !== 'template' || now.build === former.build)
    return `nothing says that the template of ${former.build} was replaced`;
  const user = await domainNaming(connection, name);
  return user && `domain ${user} uses it`;
}
