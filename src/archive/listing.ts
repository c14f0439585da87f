import { repackedStanza } from './archive-release.js';
import type { Listed } from './archive-tree.js';
import { debootstrapSet } from './base-set.js';
import { strictClosure } from './closure.js';
import type { InstallArchiveRequest } from './install-archive.js';
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
const packForms = (request: ListingRequest): PackForms => {
  const indexes = request.suites.map((suite) => suite.packages);
  const [first] = request.suites;
  if (!first || !request.repack) return () => undefined;
  const all = [first, ...request.suites.slice(1)] as const;
  const set = debootstrapSet(newestIndex(all), { https: first.mirror.startsWith('https:') });
  const [required, installed] = [new Set(set.required), new Set([...set.required, ...set.base])];
  const names = [...request.seeds, ...installerPackages];
  const sure = strictClosure(indexes, { names, installed, recommends: request.recommends ?? false });
  return (suite, name) => {
    if (!sure.has(name) || newest(all, name)?.suite !== suite) return undefined;
    return required.has(name) ? 'stored' : 'zstd';
  };
};

interface Chosen {
  suite: Suite;
  stanza: Stanza;
}

const choose = (suites: readonly Suite[], names: ReadonlySet<string>): Chosen[] =>
  suites.flatMap((suite) =>
    [...suite.packages.names()]
      .filter((name) => names.has(name))
      .flatMap((name) => {
        const stanza = suite.packages.get(name);
        return stanza ? [{ suite, stanza }] : [];
      }),
  );

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
  const chosen = choose(request.suites, names);
  const forms = packForms(request);
  const jobs = chosen.flatMap(({ suite, stanza }): Job[] => {
    const form = forms(suite, stanza.Package);
    return form ? [{ suite, stanza, form }] : [];
  });
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
