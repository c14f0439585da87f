import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { VappError } from '../errors.js';
import { cachePath, lookUp, moveIn } from './cache.js';
import { type Compression, decompress } from './decompress.js';
import { badIndex, noIndex } from './errors.js';
import { fetchToCache } from './fetch.js';
import { openPart, type Part } from './part.js';
import type { FetchContext, ReleaseFile } from './types.js';

/** A suite of a mirror whose Release file has been verified. */
export interface VerifiedSuite {
  mirror: string;
  suite: string;
  release: ReleaseFile;
}

type Sum = { sha256: string; size: number };

// The most that an index without a listed plain size may grow to, in bytes.
const mostUnpacked = 1 << 30;

const compressions = ['xz', 'zst', 'gz', ''] as const;

const suffixed = (path: string, compression: Compression): string =>
  compression ? `${path}.${compression}` : path;

const unlessMissing = (error: unknown): undefined => {
  const passable = ['VAPP_ARCHIVE_NOT_FOUND', 'VAPP_ARCHIVE_WRONG_HASH', 'VAPP_ARCHIVE_WRONG_SIZE'];
  if (error instanceof VappError && passable.includes(error.code)) return undefined;
  throw error;
};

const fetchListed = async (
  { mirror, suite, release }: VerifiedSuite,
  path: string,
  sum: Sum,
  context: FetchContext,
): Promise<string> => {
  const base = `${mirror}/dists/${suite}`;
  const directory = path.slice(0, path.lastIndexOf('/'));
  const file = { ...sum, label: `${suite}/${path}` };
  // The name by hash stays right while the mirror is being updated: https://wiki.debian.org/DebianRepository/Format
  const byHash = `${base}/${directory}/by-hash/SHA256/${sum.sha256}`;
  const found = release.acquireByHash
    ? await fetchToCache({ ...file, url: byHash }, context).catch(unlessMissing)
    : undefined;
  return found ?? fetchToCache({ ...file, url: `${base}/${path}` }, context);
};

const sinkInto = (part: Part, path: string, limit: number): Writable =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (part.length + chunk.length > limit) done(badIndex(path, 'Unpacked it is larger than it says.'));
      else part.append(chunk).then(() => done(), done);
    },
  });

const unpack = async (
  file: { path: string; packed: string; compression: Compression },
  plain: Sum | undefined,
  cache: string,
): Promise<string> => {
  const part = await openPart(join(cache, 'parts'), randomUUID(), false);
  try {
    const sink = sinkInto(part, file.path, plain?.size ?? mostUnpacked);
    await decompress(createReadStream(file.packed), file.compression, sink);
    const sha256 = await part.finish();
    if (plain && sha256 !== plain.sha256)
      throw badIndex(file.path, 'Unpacked it is not what the signed Release lists.');
    return await moveIn(part.path, cache, sha256);
  } finally {
    await part.close();
    await rm(part.path, { force: true });
  }
};

/**
 * The bytes of an index, such as `main/binary-amd64/Packages`: fetched compressed, by hash where the mirror offers it, and kept
 * unpacked in the cache. Throws VAPP_ARCHIVE_NO_INDEX, _BAD_INDEX, and what `fetchToCache` throws.
 */
export const fetchIndex = async (
  from: VerifiedSuite,
  path: string,
  context: FetchContext,
): Promise<Buffer> => {
  const { release, mirror, suite } = from;
  const plain = release.files.get(path);
  if (plain && (await lookUp(context.cache, plain.sha256)) === 'good')
    return readFile(cachePath(context.cache, plain.sha256));
  const compression = compressions.find((kind) => release.files.has(suffixed(path, kind)));
  if (compression === undefined)
    throw noIndex(`${mirror}/dists/${suite}/InRelease`, path, release.components);
  const listed = suffixed(path, compression);
  const packed = await fetchListed(from, listed, release.files.get(listed)!, context);
  return readFile(
    compression === '' ? packed : await unpack({ path, packed, compression }, plain, context.cache),
  );
};
