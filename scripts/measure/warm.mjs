// What the baseline needs from the network is in the cache before its clock starts, as it is for vapp after a first build.
import { debootstrapSet } from '../../dist/archive/base-set.js';
import { store } from '../../dist/archive/cache.js';
import { strictClosure } from '../../dist/archive/closure.js';
import { fetchPackage, fetchToCache } from '../../dist/archive/index.js';
import { installerPackages, occasionalPackages } from '../../dist/archive/installer-packages.js';
import { componentRelease } from './component-release.mjs';

/** What the installer's hooks add by themselves, besides what the install archive is made to offer. */
const hookPackages = (release) => [...installerPackages, ...occasionalPackages, ...release.leaveOut];

const fetching = ({ cache, emit, signal, resolved }) => ({
  cache,
  emit,
  signal,
  ...(resolved.appliance.proxy && { proxy: resolved.appliance.proxy }),
});

/** An installation from the whole archive reads these of each suite. */
const isRead = (path) => /^[^/]+\/(?:binary-amd64\/Packages|i18n\/Translation-en)\.(?:xz|bz2)$/.test(path);

async function fetchIndexes(host) {
  for (const { mirror, suite, release } of host.suites)
    for (const [path, file] of release.files)
      if (isRead(path))
        await fetchToCache({ url: `${mirror}/dists/${suite}/${path}`, ...file }, fetching(host));
}

/** Where the mirror is behind, the proxy would refuse its file. */
async function storeComponentReleases({ suites, cache }) {
  for (const { release, components, arch } of suites)
    for (const component of components) {
      const text = componentRelease(release, component, arch);
      if (text !== undefined) await store(cache, Buffer.from(text));
    }
}

/**
 * For the baseline: the indexes, the base system, and what the names pull in with all that they recommend. A guess of what apt will
 * choose: what it chooses otherwise is fetched while the clock runs, and the proxy's counters tell how much that was.
 */
export async function warmBaseline(host, names) {
  await fetchIndexes(host);
  await storeComponentReleases(host);
  const indexes = host.suites.map(({ packages }) => packages);
  const { required, base } = await debootstrapSet(indexes[0]);
  const wanted = await strictClosure(indexes, {
    names: [...names, ...hookPackages(host.release)],
    installed: [...required, ...base],
    recommends: true,
  });
  for (const suite of host.suites)
    for (const name of wanted) {
      host.signal.throwIfAborted();
      const stanza = suite.packages.get(name);
      if (stanza) await fetchPackage(suite, stanza, fetching(host));
    }
}
