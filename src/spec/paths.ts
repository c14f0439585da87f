import { dirname, resolve } from 'node:path';

/** A path named in a spec: `~/` is the invoking user's home, anything else is relative to the spec's directory. */
export const specPath = (path: string, specFile: string, home?: string): string =>
  path.startsWith('~/') && home !== undefined
    ? resolve(home, path.slice(2))
    : resolve(dirname(specFile), path);
