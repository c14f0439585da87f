import { breathe } from '../breathe.js';
import { repackedStanza } from './archive-release.js';
import type { InstallArchiveRequest } from './archive-request.js';
import type { Listed } from './archive-tree.js';
import { debootstrapSet } from './base-set.js';
import { strictClosure } from './closure.js';
import { installerPackages } from './installer-packages.js';
import { newest, newestIndex } from './newest.js';
import type { PackForm } from './repack.js';
import { type Job, type RepackContext, repackAll } from './repack-all.js';
import { fetchPackage } from './suite.js';
import type { Stanza, Suite } from './types.js';

/** A request whose seeds are plain names. */
export type ListingRequest = Omit<InstallArchiveRequest, 'directory' | 'leaveOut' | 'now'>;

const componentOf = (stanza: Stanza): string => {
  const [area, rest] = stanza.Section?.split('/') ?? [];
  // Debian Policy 2.4: the area stands before the section, and main is not said.
  return area && rest ? area : 'main';
};

type PackForms = (suite: Suite, name: string) => PackForm | undefined;

/** How the packages that will surely be installed are packed: of each its highest version, as the guest's apt knows all suites. */
const packForms = async (request: ListingRequest): Promise<PackForms> => {
  const indexes = request.suites.map((suite) => suite.packages);
  const [first] = request.suites;
  if (!first || !request.repack) return () => undefined;
  const all = [first, ...request.suites.slice(1)] as const;
  const https = first.mirror.startsWith('https:');
  const set = await debootstrapSet(newestIndex(all), { https });
  const [required, installed] = [new Set(set.required), new Set([...set.required, ...set.base])];
  const names = [...request.seeds, ...installerPackages];
  const recommends = request.recommends ?? false;
  const sure = await strictClosure(indexes, { names, installed, recommends });
  return (suite, name) => {
    if (!sure.has(name) || newest(all, name)?.suite !== suite) return undefined;
    return required.has(name) ? 'stored' : 'zstd';
  };
};

interface Chosen {
  suite: Suite;
  stanza: Stanza;
}

const choose = async (suites: readonly Suite[], names: ReadonlySet<string>): Promise<Chosen[]> => {
  const chosen: Chosen[] = [];
  for (const suite of suites) {
    for (const name of suite.packages.names()) {
      const stanza = names.has(name) ? suite.packages.get(name) : undefined;
      if (!stanza) continue;
      chosen.push({ suite, stanza });
      await breathe();
    }
  }
  return chosen;
};

const repackContext = (request: ListingRequest): RepackContext => ({
  cache: request.cache,
  emit: request.emit,
  ...(request.signal ? { signal: request.signal } : {}),
  fetch: request.fetch ?? ((suite, stanza) => fetchPackage(suite, stanza, request)),
});

/**
 * Lists the packages of these names, suite by suite in the order of its index, with the stanza of the repacked file where there
 * is one. Throws what fetching and repacking throw.
 */
export const listPackages = async (
  names: ReadonlySet<string>,
  request: ListingRequest,
): Promise<Map<Suite, Listed[]>> => {
  const chosen = await choose(request.suites, names);
  const forms = await packForms(request);
  const jobs: Job[] = [];
  for (const { suite, stanza } of chosen) {
    const form = forms(suite, stanza.Package);
    if (form) jobs.push({ suite, stanza, form });
    await breathe();
  }
  const repacked = await repackAll(jobs, repackContext(request));
  const lists = new Map<Suite, Listed[]>(request.suites.map((suite) => [suite, []]));
  for (const { suite, stanza } of chosen) {
    const file = repacked.get(stanza);
    const common = { component: componentOf(stanza), filename: stanza.Filename };
    const told = file ? { raw: repackedStanza(stanza.raw, file), file: file.path } : { raw: stanza.raw };
    lists.get(suite)?.push({ ...common, ...told });
  }
  return lists;
};
