import { VappError } from '../errors.js';

/** What a file system says when it takes nothing any more: errno(3). */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on its file system',
  EDQUOT: 'the quota of this user is used up',
  EROFS: 'its file system is read-only',
  EIO: 'its disk fails',
};

/** VAPP_HOST_DISK for an error of Node's that speaks of a file system; undefined for any other. */
export function diskFailure(error: unknown): VappError | undefined {
  if (!(error instanceof Error) || error instanceof VappError) return undefined;
  const { code = '', path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const why = reasons[code];
  if (why === undefined) return undefined;
  const file = dest ?? path ?? 'a file of the build';
  return new VappError('VAPP_HOST_DISK', `${file} cannot be written`, {
    why,
    hint: path ? `df -h ${file}` : 'vapp doctor shows where vapp keeps its files',
    cause: error,
  });
}
