import { createHash } from 'node:crypto';
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { componentRelease, componentTail, type IndexFile, releaseText } from './archive-release.js';
import type { BuildKey } from './sign.js';
import type { ReleaseFile, Suite } from './types.js';

/** A URL as debootstrap and apt begin the names of their list files with it: no scheme, no login, `_` for each slash. */
export const listPrefix = (uri: string): string =>
  uri
    .replace(/^[^:]+:\/\//, '')
    .replace(/^[^/@]*@/, '')
    .replace(/\/+$/, '')
    .replaceAll('/', '_');

/** Name of the directory that stands for a mirror. Unlike list files' names, two mirrors' are never the same. */
export const mirrorDirectory = (uri: string): string => listPrefix(uri.replaceAll('_', '%5f'));

/** Links a file of the cache into the archive: by name only where the cache is on another file system. */
const place = async (source: string, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { force: true });
  try {
    await link(source, target);
  } catch {
    await symlink(source, target);
  }
};

const writeIndexFile = async (suiteDirectory: string, path: string, data: Buffer): Promise<IndexFile> => {
  const sha256 = createHash('sha256').update(data).digest('hex');
  const file = join(suiteDirectory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, data);
  await place(file, join(dirname(file), 'by-hash', 'SHA256', sha256));
  return { path, size: data.length, sha256 };
};

const writeComponent = async (
  directory: string,
  suite: Suite,
  component: string,
  stanzas: readonly string[],
): Promise<IndexFile[]> => {
  const folder = `${component}/binary-${suite.arch}`;
  const index = Buffer.from(stanzas.map((raw) => `${raw}\n`).join(''));
  const named = componentRelease(suite.release, component, suite.arch);
  return [
    await writeIndexFile(directory, `${folder}/Packages`, index),
    // gzip, not xz: the guest unpacks it many times quicker, and the index is small.
    await writeIndexFile(directory, `${folder}/Packages.gz`, await promisify(gzip)(index, { level: 9 })),
    await writeIndexFile(directory, `${folder}/Release`, Buffer.from(named)),
  ];
};

const sign = async (directory: string, text: string, key: BuildKey): Promise<void> => {
  const bytes = Buffer.from(text);
  await writeFile(join(directory, 'Release'), bytes);
  await writeFile(join(directory, 'Release.gpg'), await key.detachSign(bytes));
  await writeFile(join(directory, 'InRelease'), await key.clearSign(text));
};

const simpleName = /^[a-z0-9][a-z0-9.+-]*$/i;

/** choose-mirror and apt users may name a suite by its other name: `stable` for `trixie`. */
const linkAliases = async (dists: string, suite: string, release: ReleaseFile): Promise<void> => {
  if (!simpleName.test(suite)) return;
  for (const alias of new Set([release.suite, release.codename]))
    if (alias && alias !== suite && simpleName.test(alias))
      await symlink(suite, join(dists, alias)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
};

/** One package of a suite's index, and the repacked file if it has one. */
export interface Listed {
  component: string;
  /** Stanza, byte for byte what the index shall say. */
  raw: string;
  filename: string;
  file?: string;
}

/** Writes `dists/SUITE` of one suite, signed, and the repacked files of its packages below `directory`. */
export const writeSuite = async (
  directory: string,
  suite: Suite,
  listed: readonly Listed[],
  key: BuildKey,
): Promise<void> => {
  const dists = join(directory, 'dists');
  const suiteDirectory = join(dists, suite.suite);
  const components = [...new Set(suite.components.map(componentTail))];
  const files: IndexFile[] = [];
  for (const component of components) {
    const stanzas = listed.filter((entry) => entry.component === component).map((entry) => entry.raw);
    files.push(...(await writeComponent(suiteDirectory, suite, component, stanzas)));
  }
  await sign(suiteDirectory, releaseText(suite.release, { arch: suite.arch, components, files }), key);
  await linkAliases(dists, suite.suite, suite.release);
  for (const { file, filename } of listed) if (file) await place(file, join(directory, filename));
};
