import type { Deb, DebEntry, EntryFilter, EntryHeader } from './types.js';

export const readDeb = async (_path: string): Promise<Deb> => {
  throw new Error('not yet');
};

export async function* debEntries(_path: string, _filter?: EntryFilter): AsyncGenerator<DebEntry> {
  yield* [];
}

export const extractDeb = async (
  _path: string,
  _directory: string,
  _filter?: EntryFilter,
): Promise<EntryHeader[]> => [];
