import { writeFile } from 'node:fs/promises';
import { debEntries, type FetchContext, fetchPackage, type Suite } from '../../archive/index.js';
import { engineShapes } from '../../domain/index.js';
import { VappError } from '../../errors.js';
import type { Engine } from '../../plan/plan.js';
import type { BuildContext } from '../context.js';
import { uploadMade } from '../upload-made.js';
import type { Settled } from './settle.js';

/** The file that an engine's domains boot by, out of the verified suite; undefined for an engine whose firmware needs none. Throws VAPP_BOOTLOADER_PACKAGE. */
export async function fetchBootMedium(
  engine: Engine,
  suite: Suite,
  fetching: FetchContext,
): Promise<Buffer | undefined> {
  const { bootMedium } = engineShapes[engine];
  if (!bootMedium) return undefined;
  const stanza = suite.packages.get(bootMedium.package);
  if (stanza) {
    const deb = await fetchPackage(suite, stanza, fetching);
    for await (const entry of debEntries(deb, ({ name }) => name === bootMedium.path))
      if (entry.data) return entry.data;
  }
  throw new VappError('VAPP_BOOTLOADER_PACKAGE', `The suite has no /${bootMedium.path}`, {
    why: `Guests of ${engine} boot by it; it belongs to the package ${bootMedium.package}.`,
    hint: 'Choose a mirror that carries the whole release',
  });
}

/** Makes the boot medium a volume that stays with the finished disk; resolves with its path on the libvirt host. */
export async function uploadBootMedium(
  context: BuildContext,
  settled: Pick<Settled, 'plan' | 'pool'>,
  medium: Buffer | undefined,
): Promise<string | undefined> {
  if (!medium) return undefined;
  return await uploadMade(context, settled, {
    scratch: 'boot-medium',
    name: settled.plan.names.bootMedium,
    make: (file) => writeFile(file, medium),
  });
}
