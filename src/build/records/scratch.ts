import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext } from '../context.js';

/**
 * Lets `use` make a file of the build's directory and work with it, and removes it afterwards. It is in the journal meanwhile: an initrd
 * has hundreds of megabytes, which a killed build should not keep until somebody forgets it.
 */
export async function withScratchFile<T>(
  { directory, scope }: Pick<BuildContext, 'directory' | 'scope'>,
  name: string,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const path = join(directory, name);
  const resource = { kind: 'file', path } as const;
  try {
    return await scope.acquire(
      resource,
      () => use(path),
      () => rm(path, { force: true }),
    );
  } finally {
    await scope.release(resource);
  }
}
