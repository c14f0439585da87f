import { openSuite, type Suite } from '../../archive/index.js';
import type { BuildContext } from '../context.js';

/** The suites that the appliance is installed from: the release itself first, then its updates and its security archive. */
export async function openSuites(
  context: Pick<BuildContext, 'resolved' | 'release' | 'cache' | 'emit' | 'signal'>,
): Promise<[Suite, ...Suite[]]> {
  const { resolved, release, cache, emit, signal } = context;
  const { appliance } = resolved;
  const common = {
    components: release.components,
    arch: appliance.arch,
    keyring: release.keyring,
    cache,
    emit,
    signal,
    ...(appliance.proxy && { proxy: appliance.proxy }),
  };
  return await Promise.all([
    openSuite({ ...common, mirror: appliance.mirror, suite: release.suite }),
    openSuite({ ...common, mirror: appliance.mirror, suite: release.updatesSuite }),
    openSuite({ ...common, mirror: appliance.securityMirror, suite: release.securitySuite }),
  ]);
}
