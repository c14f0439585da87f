import { volumeFile } from '../../domain/index.js';
import type { Volume } from '../../libvirt/index.js';
import type { Plan } from '../../plan/plan.js';
import type { BuildContext } from '../context.js';
import type { DiskStamp } from '../records/journal.js';

/** How a volume is now. Throws LibvirtError. */
export async function stampOf(volume: Volume): Promise<DiskStamp> {
  const { capacity } = await volume.info();
  return { capacity: String(capacity), ...volumeFile(await volume.xml()) };
}

/** Writes down how the disk is now. Throws LibvirtError. */
export async function markDisk(
  { journal }: Pick<BuildContext, 'journal'>,
  o: { plan: Pick<Plan, 'pool' | 'names'>; disk: Volume },
): Promise<void> {
  const { pool, names } = o.plan;
  const disk = { kind: 'volume', pool: pool.name, name: names.disk } as const;
  journal.write({ op: 'checkpoint', disk, stamp: await stampOf(o.disk) });
}
