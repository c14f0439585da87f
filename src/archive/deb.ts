import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { VappError } from '../errors.js';
import { type ArMember, readAr } from './ar.js';
import type { Compression } from './decompress.js';
import { badDeb } from './errors.js';
import { readTar } from './tar.js';
import type { Deb, DebEntry, EntryFilter, TarEntry } from './types.js';

const tarName = /^(control|data)\.tar(?:\.(gz|xz|zst))?$/;

interface Archive {
  member: ArMember;
  compression: Compression;
}

const findArchive = (path: string, members: readonly ArMember[], wanted: 'control' | 'data'): Archive => {
  for (const member of members) {
    const [, kind, compression = ''] = tarName.exec(member.name) ?? [];
    if (kind === wanted) return { member, compression: compression as Compression };
  }
  const names = members.map(({ name }) => name).join(', ') || 'nothing';
  throw badDeb(path, `It has no ${wanted}.tar in a known compression; it holds ${names}.`);
};

const streamMember = (path: string, { offset, size }: ArMember): Readable =>
  createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: 1 << 18 });

async function* readArchive(path: string, { member, compression }: Archive): AsyncGenerator<TarEntry> {
  const refuse = (error: unknown): never => {
    throw error instanceof VappError ? error : badDeb(path, `Its member ${member.name} is damaged.`, error);
  };
  const entries = readTar(streamMember(path, member), compression);
  try {
    for (;;) {
      const { done, value: entry } = await entries.next().catch(refuse);
      if (done) return;
      yield { ...entry, content: () => entry.content().catch(refuse) };
    }
  } finally {
    await entries.return(undefined);
  }
}

const readControl = async (path: string, archive: Archive): Promise<Map<string, Buffer>> => {
  const files = new Map<string, Buffer>();
  for await (const entry of readArchive(path, archive))
    if (entry.type === 'file') files.set(entry.name, await entry.content());
  return files;
};

/**
 * Opens a .deb or .udeb (deb(5)). The control files are read at once, the data archive while it is iterated:
 * it never lies in memory as a whole. Throws VAPP_ARCHIVE_BAD_DEB, VAPP_ARCHIVE_NO_DECOMPRESSOR.
 */
export const readDeb = async (path: string): Promise<Deb> => {
  const members = await readAr(path);
  const control = await readControl(path, findArchive(path, members, 'control'));
  return { control, data: readArchive(path, findArchive(path, members, 'data')) };
};

/**
 * The data archive's members in order, with the content of those files that pass the filter; without a filter, of all.
 * Throws as `readDeb` does.
 */
export async function* debEntries(path: string, filter: EntryFilter = () => true): AsyncGenerator<DebEntry> {
  for await (const { content, ...header } of readArchive(path, findArchive(path, await readAr(path), 'data')))
    yield header.type === 'file' && filter(header) ? { ...header, data: await content() } : header;
}
