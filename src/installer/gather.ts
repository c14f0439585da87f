import { type Component, type ComponentSource, fetchComponents, openComponentIndex } from './components.js';
import { requirePackage } from './dependencies.js';
import { kitDigest } from './kit-inputs.js';
import type { KitInputs, KitRequest } from './kit-types.js';
import { type Netboot, readNetboot } from './netboot.js';

/** Everything that a kit is composed of, fetched. */
export interface KitParts {
  digest: string;
  source: ComponentSource;
  components: Component[];
  netboot: Netboot;
  /** SHA-256 of the kernel package. */
  kernelPackage: string;
}

/** Fetches what decides on the kit's digest. */
export const gatherKit = async (request: KitRequest, inputs: KitInputs): Promise<KitParts> => {
  const { suite, release } = request;
  const stanza = requirePackage(suite, release.netbootPackage);
  const netboot = await readNetboot({ ...request, stanza });
  const index = await openComponentIndex({
    ...suite,
    ...request,
    suite: suite.suite,
    keyring: release.keyring,
  });
  const { source, components } = await fetchComponents({
    ...request,
    ...inputs,
    mirror: suite.mirror,
    ...(index && { index }),
  });
  const kernelPackage = suite.packages.get(`linux-image-${netboot.kernelVersion}`)?.SHA256 ?? '';
  return {
    digest: kitDigest(request, inputs, kernelPackage, components),
    source,
    components,
    netboot,
    kernelPackage,
  };
};
