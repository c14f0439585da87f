import type { FetchContext, RemoteFile } from './types.js';

export const fetchToCache = async (_file: RemoteFile, _context: FetchContext): Promise<string> => {
  throw new Error('not yet');
};
