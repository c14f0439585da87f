import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Header, type Pack, pack } from 'tar-stream';

/** A file of a tar archive: its bytes, or where they lie. */
export interface TarFile {
  name: string;
  data?: Buffer;
  path?: string;
}

export interface TarContents {
  directories: readonly string[];
  files: readonly TarFile[];
  mtime: Date;
}

/** What a plain ustar header holds; a longer one would need a pax header, which the installer's busybox does not read. */
const longestName = 100;

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

const addFile = async (
  archive: Pack,
  { name, data, path }: TarFile,
  common: Partial<Header>,
): Promise<void> => {
  const header = { ...common, name, mode: 0o644 };
  if (path === undefined) {
    archive.entry(header, data ?? Buffer.alloc(0));
    return;
  }
  const { size } = await stat(path);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 18 }), archive.entry({ ...header, size }));
};

const fill = async (archive: Pack, { directories, files, mtime }: TarContents): Promise<void> => {
  const common = { mtime, uid: 0, gid: 0, uname: 'root', gname: 'root' };
  for (const name of [...directories].sort())
    archive.entry({ ...common, name: `${name}/`, type: 'directory', mode: 0o755 });
  for (const file of [...files].sort(byName)) await addFile(archive, file, common);
  archive.finalize();
};

/**
 * Writes an uncompressed ustar archive whole or not at all: directories, then files, each sorted by name, owned by root. The same
 * contents give the same bytes. Throws RangeError for a name that ustar does not hold.
 */
export const writeTar = async (path: string, contents: TarContents): Promise<void> => {
  const long = contents.files.find(({ name }) => Buffer.byteLength(name) > longestName);
  if (long) throw new RangeError(`${long.name} is too long for a tar header`);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  const archive = pack();
  try {
    const written = pipeline(archive, createWriteStream(temporary, { flags: 'wx', flush: true }));
    await Promise.all([fill(archive, contents).catch((error) => archive.destroy(error)), written]);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
};
