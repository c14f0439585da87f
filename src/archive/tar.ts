import type { Readable } from 'node:stream';
import { type Extract, extract, type Header } from 'tar-stream';
import { type Compression, decompress } from './decompress.js';
import type { EntryHeader, EntryType, TarEntry } from './types.js';

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

const types: Partial<Record<string, EntryType>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'hardlink',
  'character-device': 'character-device',
  'block-device': 'block-device',
  fifo: 'fifo',
};

/** `./usr/bin/` and `/usr/bin` become `usr/bin`; the root becomes the empty string. */
export const normaliseName = (name: string): string =>
  name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

const linkName = (type: EntryType, { linkname }: Header): object => {
  if (typeof linkname !== 'string' || (type !== 'symlink' && type !== 'hardlink')) return {};
  return { linkname: type === 'hardlink' ? normaliseName(linkname) : linkname };
};

const deviceOf = (type: EntryType, { devmajor, devminor }: Header): object =>
  type.endsWith('device') ? { device: { major: devmajor ?? 0, minor: devminor ?? 0 } } : {};

const describe = (header: Header, type: EntryType): EntryHeader => ({
  name: normaliseName(header.name),
  type,
  mode: (header.mode ?? 0) & 0o7777,
  uid: header.uid ?? 0,
  gid: header.gid ?? 0,
  size: type === 'file' ? (header.size ?? 0) : 0,
  mtime: header.mtime ?? new Date(0),
  ...linkName(type, header),
  ...deviceOf(type, header),
});

const readAll = async (entry: Entry): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

async function* members(entries: AsyncIterable<Entry>): AsyncGenerator<TarEntry> {
  for await (const entry of entries) {
    const type = types[entry.header.type ?? 'file'];
    let taken = false;
    const content = (): Promise<Buffer> => {
      taken = true;
      return readAll(entry);
    };
    if (type) yield { ...describe(entry.header, type), content };
    if (!taken) entry.resume();
  }
}

/**
 * Reads a compressed tar archive as it streams by; an entry's content can be had until the next one is asked for.
 * Ends `source` and its decompressor when the iteration is left early. Throws what the streams throw.
 */
export async function* readTar(source: Readable, compression: Compression): AsyncGenerator<TarEntry> {
  const reader = extract();
  let failure: unknown;
  const done = decompress(source, compression, reader as unknown as NodeJS.WritableStream).catch(
    (error: unknown) => {
      failure = error;
    },
  );
  // The reader only sees that it was destroyed; why, the pipeline knows.
  const explain = async (error: unknown): Promise<never> => {
    await done;
    throw failure ?? error;
  };
  try {
    for await (const entry of members(reader))
      yield { ...entry, content: () => entry.content().catch(explain) };
  } catch (error) {
    await explain(error);
  } finally {
    reader.destroy();
  }
  await done;
  if (failure) throw failure;
}
