import type { Release } from '../../releases.js';
import type { Appliance } from '../../spec/appliance.js';

/** A mirror's URI as the guest knows it: the proxy speaks http to it for every mirror. */
export const asGuestSees = (uri: string): string => uri.replace(/^https:/, 'http:');

/** sources.list lines for the suites that the installer itself adds only after the base system: updates and security. */
export function installList(
  appliance: Pick<Appliance, 'mirror' | 'securityMirror'>,
  release: Release,
): string {
  return [
    `deb ${asGuestSees(appliance.mirror)} ${release.updatesSuite} main`,
    `deb ${asGuestSees(appliance.securityMirror)} ${release.securitySuite} main`,
    '',
  ].join('\n');
}

/**
 * sources.list of the finished system when it must differ from what apt-setup writes, which knows http alone: undefined for
 * http mirrors.
 */
export function sourcesList(
  appliance: Pick<Appliance, 'mirror' | 'securityMirror'>,
  release: Release,
): string | undefined {
  const { mirror, securityMirror } = appliance;
  if (![mirror, securityMirror].some((uri) => uri.startsWith('https:'))) return undefined;
  return [
    `deb ${mirror} ${release.suite} main`,
    `deb ${securityMirror} ${release.securitySuite} main`,
    `deb ${mirror} ${release.updatesSuite} main`,
    '',
  ].join('\n');
}
