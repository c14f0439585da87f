import type { Pool } from '../libvirt/index.js';
import type { Plan } from '../plan/plan.js';
import type { BuildContext } from './context.js';
import { withScratchFile } from './records/scratch.js';
import { uploadFile } from './storage.js';

interface Made {
  /** The file's name in the build's directory, where it is for as long as it takes. */
  scratch: string;
  /** The volume's. */
  name: string;
  make(file: string): Promise<void>;
}

/** Makes a file and uploads it as a volume; resolves with the volume's path on the libvirt host. */
export const uploadMade = (
  context: BuildContext,
  { plan, pool }: { plan: Plan; pool: Pool },
  { scratch, name, make }: Made,
): Promise<string> =>
  withScratchFile(context, scratch, async (file) => {
    await make(file);
    return await uploadFile(context, { pool, poolName: plan.pool.name, name, file });
  });
