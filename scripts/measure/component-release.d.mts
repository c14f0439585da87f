import type { ReleaseFile } from '../../src/archive/types.js';

export function componentRelease(
  release: Pick<ReleaseFile, 'fields' | 'files'>,
  component: string,
  arch: string,
): string | undefined;
