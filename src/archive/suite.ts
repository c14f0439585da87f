import type { PublicKey } from 'openpgp';
import { VappError } from '../errors.js';
import { verifyClearsigned } from './clearsign.js';
import { fetchToCache } from './fetch.js';
import { fetchFresh } from './fresh.js';
import { checkRelease, refuseDowngrade } from './freshness.js';
import { fetchIndex, type VerifiedSuite } from './indexes.js';
import { loadKeyring } from './keyring.js';
import { indexPackages } from './package-index.js';
import { parseRelease } from './release.js';
import type { FetchContext, PackageIndex, ReleaseFile, Stanza, Suite, SuiteRequest } from './types.js';

// Debian's own has 140 kB.
const largestInRelease = 16 << 20;

interface Signed {
  release: ReleaseFile;
  inRelease: Buffer;
}

const fetchSigned = async (
  request: SuiteRequest,
  keys: readonly PublicKey[],
  anew: boolean,
): Promise<Signed> => {
  const { mirror, suite, cache, now = () => new Date() } = request;
  const url = `${mirror}/dists/${suite}/InRelease`;
  const inRelease = await fetchFresh(
    { url, label: `${suite}/InRelease`, limit: largestInRelease, anew },
    request,
  );
  const release = parseRelease(url, await verifyClearsigned(url, inRelease, keys, now()));
  checkRelease(url, release, suite, now());
  await refuseDowngrade(url, release, { cache, mirror, suite });
  return { release, inRelease };
};

const staleLooks: readonly string[] = [
  'VAPP_ARCHIVE_TAMPERED',
  'VAPP_ARCHIVE_EXPIRED',
  'VAPP_ARCHIVE_DOWNGRADED',
];

// What looks old or damaged may be the copy of a cache on the way; the server itself is asked before it is refused.
const fetchBest = async (request: SuiteRequest, keys: readonly PublicKey[]): Promise<Signed> => {
  try {
    return await fetchSigned(request, keys, false);
  } catch (error) {
    if (!(error instanceof VappError) || !staleLooks.includes(error.code)) throw error;
    return fetchSigned(request, keys, true);
  }
};

// A repository may list packages of every architecture apart: https://wiki.debian.org/DebianRepository/Format
const architecturesOf = (release: ReleaseFile, arch: string): string[] => {
  const apart = release.architectures.includes('all');
  return apart && !release.fields.get('No-Support-for-Architecture-all')?.includes('Packages')
    ? [arch, 'all']
    : [arch];
};

const fetchPackages = async (from: VerifiedSuite, request: SuiteRequest): Promise<PackageIndex> => {
  const { components, arch } = request;
  const paths = components.flatMap((component) =>
    architecturesOf(from.release, arch).map((one) => `${component}/binary-${one}/Packages`),
  );
  const wanted = paths.filter((path) => !path.includes('/binary-all/') || from.release.files.has(path));
  const files = await Promise.all(
    wanted.map(async (label) => ({ label, bytes: await fetchIndex(from, label, request) })),
  );
  return await indexPackages(files);
};

/**
 * Opens a suite of a package archive: its InRelease is asked for anew and verified, then the package indexes that it vouches for.
 * Refuses, each with its own code: VAPP_ARCHIVE_UNSIGNED, _UNKNOWN_KEY, _KEY_EXPIRED, _WEAK_SIGNATURE, _TAMPERED, _EXPIRED,
 * _FROM_FUTURE, _DOWNGRADED, _SUITE_MISMATCH, _BAD_RELEASE, _NO_INDEX, _BAD_INDEX, _BAD_KEYRING, and what `fetchToCache` throws.
 */
export const openSuite = async (request: SuiteRequest): Promise<Suite> => {
  const mirror = request.mirror.replace(/\/+$/, '');
  const { suite, arch, components } = request;
  const { release, inRelease } = await fetchBest({ ...request, mirror }, await loadKeyring(request.keyring));
  const packages = await fetchPackages({ mirror, suite, release }, request);
  return { mirror, suite, arch, components, release, inRelease, packages };
};

/** URL of a package's file. */
export const packageUrl = (
  { mirror }: Pick<Suite, 'mirror'>,
  { Filename }: Pick<Stanza, 'Filename'>,
): string => `${mirror}/${encodeURI(Filename).replace(/[?#]/g, encodeURIComponent)}`;

/** Fetches the file of a package into the cache and returns its path. Throws as `fetchToCache` does. */
export const fetchPackage = (
  suite: Pick<Suite, 'mirror'>,
  stanza: Stanza,
  context: FetchContext,
): Promise<string> =>
  fetchToCache({ url: packageUrl(suite, stanza), sha256: stanza.SHA256, size: stanza.Size }, context);
