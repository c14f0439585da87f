import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Duplex, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ExecaError, execa } from 'execa';
import { writeWhole } from '../whole-file.js';
import { type ArMember, readAr } from './ar.js';
import { ArWriter } from './ar-writer.js';
import { hashFile } from './cache.js';
import { badDeb, noDecompressor } from './errors.js';
import { markUsed } from './use.js';

/**
 * How a package's files are packed anew. `stored`: not at all, for what the installer's busybox unpacks itself (it has no zstdcat);
 * `zstd`: for dpkg, which unpacks it in a fraction of the time that xz takes.
 */
export type PackForm = 'stored' | 'zstd';

export interface Repacked {
  path: string;
  size: number;
  sha256: string;
}

const run = (program: string, args: string[]): Duplex =>
  execa(program, args, {
    buffer: false,
    encoding: 'buffer',
    env: { LC_ALL: 'C' },
    stderr: 'ignore',
  }).duplex();

const unpackers: Readonly<Record<string, () => Duplex>> = {
  '.xz': () => run('xz', ['-dc']),
  '.gz': () => createGunzip(),
  '.zst': () => run('zstd', ['-dcq']),
};

const debianPackages: Readonly<Record<string, string>> = { xz: 'xz-utils', zstd: 'zstd' };

const explain = (error: unknown, path: string): unknown => {
  if (!(error instanceof ExecaError)) return error;
  const program = error.command.split(' ')[0] ?? '';
  if (error.code === 'ENOENT') return noDecompressor(program, debianPackages[program] ?? program);
  return badDeb(path, 'It cannot be unpacked.', error);
};

/** Undefined for a member whose packing is not known: dpkg's own reader has to do with the original. */
const stepsFor = (name: string, form: PackForm): { name: string; steps: Duplex[] } | undefined => {
  const [, stem, suffix = ''] = /^(control|data)\.tar(\.\w+)?$/.exec(name) ?? [];
  if (!stem) return name.includes('.tar') ? undefined : { name, steps: [] };
  const unpack = unpackers[suffix];
  if (suffix && !unpack) return undefined;
  const pack = stem === 'data' && form === 'zstd';
  const steps = [...(unpack ? [unpack()] : []), ...(pack ? [run('zstd', ['-5', '-qc'])] : [])];
  return { name: `${stem}.tar${pack ? '.zst' : ''}`, steps };
};

const copyMember = async (
  path: string,
  member: ArMember,
  steps: Duplex[],
  writer: ArWriter,
): Promise<void> => {
  if (member.size === 0) return;
  const source = createReadStream(path, {
    start: member.offset,
    end: member.offset + member.size - 1,
    highWaterMark: 1 << 18,
  });
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => void writer.write(chunk).then(() => done(), done),
  });
  await pipeline([source, ...steps, sink]);
};

const repackInto = async (source: string, form: PackForm, file: FileHandle): Promise<boolean> => {
  const writer = new ArWriter(file);
  await writer.begin();
  for (const member of await readAr(source)) {
    const plan = stepsFor(member.name, form);
    if (!plan) return false;
    await writer.member(plan.name, () => copyMember(source, member, plan.steps, writer));
  }
  await file.sync();
  return true;
};

const readNote = async (path: string): Promise<Repacked | undefined> => {
  try {
    const note = JSON.parse(await readFile(`${path}.json`, 'utf8')) as { size: number; sha256: string };
    const { size } = await stat(path);
    if (size !== note.size || (await hashFile(path)) !== note.sha256) return undefined;
    await markUsed(path);
    return { path, size, sha256: note.sha256 };
  } catch {
    return undefined;
  }
};

const make = async (source: string, form: PackForm, path: string): Promise<Repacked | undefined> => {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    const done = await repackInto(source, form, file).finally(() => file.close());
    if (!done) return undefined;
    const [{ size }, sha256] = [await stat(temporary), await hashFile(temporary)];
    await rename(temporary, path);
    await writeWhole(`${path}.json`, JSON.stringify({ size, sha256 }));
    return { path, size, sha256 };
  } catch (error) {
    throw explain(error, source);
  } finally {
    await rm(temporary, { force: true });
  }
};

/**
 * A package with this SHA-256, with the same control and data archives packed in another way; made once from what `source` gives and
 * kept in `cache/repacked`. Undefined if the package is packed in a way that only dpkg knows.
 * Throws VAPP_ARCHIVE_BAD_DEB, VAPP_ARCHIVE_NO_DECOMPRESSOR, and what `source` throws.
 */
export const repackDeb = async (
  source: () => Promise<string>,
  sha256: string,
  form: PackForm,
  cache: string,
): Promise<Repacked | undefined> => {
  const path = join(cache, 'repacked', sha256.slice(0, 2), `${sha256}.${form}.deb`);
  return (await readNote(path)) ?? make(await source(), form, path);
};
