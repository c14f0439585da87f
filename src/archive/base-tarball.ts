import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { VappError } from '../errors.js';
import type { Emit } from '../events.js';
import type { PackageSource } from './archive-request.js';
import { debootstrapSet } from './base-set.js';
import { archiveName, archives, directories, textFiles } from './base-state.js';
import type { InstallArchive } from './install-archive.js';
import { newest, newestIndex } from './newest.js';
import { type Job, repackAll } from './repack-all.js';
import { seal, useIfSealed } from './sealed.js';
import { fetchPackage } from './suite.js';
import { type TarFile, writeTar } from './tar-writer.js';
import type { PackageIndex, Suite } from './types.js';

export interface BaseTarballRequest {
  suite: Suite;
  /** Suites of the same release whose higher versions the base system gets at once, instead of by an upgrade right after. */
  updates?: readonly Suite[];
  /** The archive that the guest will see: it must offer what the tarball installs. */
  installArchive?: InstallArchive;
  /** Further names for the base system, as debootstrap's `--include`. */
  include?: readonly string[];
  /** The mirror as the guest calls it; the suite's own URL by default. */
  mirror?: string;
  cache: string;
  emit: Emit;
  signal?: AbortSignal;
  proxy?: string;
  fetch?: PackageSource;
}

export interface BaseTarball {
  /** An uncompressed tar archive. */
  path: string;
  /** Names of the packages in it. */
  packages: string[];
}

/** Raised whenever the same packages shall give other bytes. */
const formatVersion = 1;

const refuse = (index: PackageIndex, name: string): never => {
  throw new VappError(
    'VAPP_ARCHIVE_BASE_PACKAGE',
    `The base system needs ${name}, which the archive does not have`,
    {
      why: `No package of the suite is called ${name}; debootstrap would stop here too.`,
      hint:
        index.near(name).length > 0
          ? `Did you mean ${index.near(name).join(', ')}?`
          : 'Choose another mirror.',
    },
  );
};

const checkOffered = (names: readonly string[], archive: InstallArchive | undefined): void => {
  const absent = archive ? names.filter((name) => !archive.packages.has(name)) : [];
  if (absent.length === 0) return;
  throw new VappError('VAPP_ARCHIVE_BASE_PACKAGE', 'The install archive lacks packages of the base system', {
    why: `It does not list ${absent.join(', ')}.`,
    hint: 'Make the archive anew from the same suite, and do not leave these names out.',
  });
};

const collect = async (request: BaseTarballRequest, jobs: readonly Job[]): Promise<TarFile[]> => {
  const { cache, emit, signal } = request;
  const fetch = request.fetch ?? ((suite, stanza) => fetchPackage(suite, stanza, request));
  const repacked = await repackAll(jobs, { cache, emit, fetch, ...(signal ? { signal } : {}) });
  return Promise.all(
    jobs.map(async ({ suite, stanza }) => {
      const path = repacked.get(stanza)?.path ?? (await fetch(suite, stanza));
      return { name: `${archives}/${archiveName(stanza)}`, path };
    }),
  );
};

const digestOf = (files: readonly TarFile[], jobs: readonly Job[], date: Date): string => {
  const hash = createHash('sha256').update(`${formatVersion} ${date.toISOString()}\n`);
  for (const { stanza, form } of jobs) hash.update(`${stanza.SHA256} ${form}\n`);
  for (const { name, data } of files) hash.update(`${name} ${data?.length}\n`).update(data ?? '');
  return hash.digest('hex');
};

/**
 * Makes what `debootstrap --make-tarball` would write, for the guest's `debootstrap --unpack-tarball`, from the verified index and
 * without running anything: the same sets of packages, the packages repacked, the index cut to them. Plain ustar, the same
 * bytes for the same input, kept in `cache/base`.
 * Throws VAPP_ARCHIVE_BASE_PACKAGE, and what fetching and repacking throw.
 */
export const makeBaseTarball = async (request: BaseTarballRequest): Promise<BaseTarball> => {
  const { suite, mirror = suite.mirror, include = [] } = request;
  const suites = [suite, ...(request.updates ?? [])] as const;
  const https = mirror.startsWith('https:');
  const set = await debootstrapSet(newestIndex(suites), { include, https });
  const packages = [...set.required, ...set.base].sort((a, b) => (a < b ? -1 : 1));
  checkOffered(packages, request.installArchive);
  const required = new Set(set.required);
  const jobs = packages.map((name): Job => {
    const listing = newest(suites, name) ?? refuse(suite.packages, name);
    return { ...listing, form: required.has(name) ? 'stored' : 'zstd' };
  });
  const stanzas = jobs.map(({ stanza }) => stanza);
  const texts = textFiles(suite, mirror, set, stanzas);
  const { date } = suite.release;
  const path = join(request.cache, 'base', `${digestOf(texts, jobs, date)}.tar`);
  if (!(await useIfSealed(path))) {
    const files = [...texts, ...(await collect(request, jobs))];
    await writeTar(path, { directories, files, mtime: date });
    await seal(path);
  }
  return { path, packages };
};
