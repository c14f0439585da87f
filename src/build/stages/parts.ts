import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FetchContext,
  type InstallArchive,
  makeBaseTarball,
  makeInstallArchive,
  type Suite,
} from '../../archive/index.js';
import { buildFinisherInitrd } from '../../bootloader/index.js';
import { buildKit, type Kit, targetKernel, targetKernelPart } from '../../installer/index.js';
import type { Engine } from '../../plan/plan.js';
import type { BuildContext } from '../context.js';
import { fetchBootMedium } from './boot-medium.js';
import { checkPackages, seedsOf } from './checks.js';
import { openSuites } from './suites.js';

/** What the package archive gives a build, as files and bytes. */
export interface Parts {
  kit: Kit;
  finisherInitrd: string;
  archive: InstallArchive;
  tarball: string;
  /** Further parts of the installer's initrd: the module index of the kernel that will be installed. */
  extra: Buffer[];
  /** What the engine's domains boot by, where no firmware reads the boot sector. */
  bootMedium: Buffer | undefined;
}

/** Downloads, verifies and makes all that comes out of the package archive, and checks the spec's packages against it. */
export async function gatherParts(context: BuildContext, engine: Engine): Promise<Parts> {
  const { resolved, release, cache, emit, signal } = context;
  const { proxy } = resolved.appliance;
  const fetching = { cache, emit, signal, ...(proxy && { proxy }) };
  const suites = await openSuites(context);
  const [suite, ...updates] = suites;
  const kit = await buildKit({ suite, release, ...fetching });
  const finisher = await buildFinisherInitrd({ suite, kernelVersion: kit.kernelVersion, ...fetching });
  const bootMedium = await fetchBootMedium(engine, suite, fetching);
  const archive = await cutArchive(context, suites, fetching);
  const tarball = await makeBaseTarball({ suite, updates, installArchive: archive, ...fetching });
  const kernel = targetKernel(suites, release.kernelPackage);
  const extra = kernel ? [await targetKernelPart({ suite, kernel, ...fetching })] : [];
  return { kit, finisherInitrd: finisher.path, archive, tarball: tarball.path, extra, bootMedium };
}

/** The install archive of this build, in its directory for as long as the build lasts. Throws what checkPackages throws. */
async function cutArchive(
  { resolved, release, scope, ...context }: BuildContext,
  suites: readonly Suite[],
  fetching: FetchContext,
): Promise<InstallArchive> {
  const directory = join(context.directory, 'archive');
  const remove = () => rm(directory, { recursive: true, force: true });
  await scope.acquire({ kind: 'directory', path: directory }, async () => undefined, remove);
  const archive = await makeInstallArchive({
    suites,
    seeds: seedsOf(resolved, release),
    leaveOut: release.leaveOut,
    directory,
    repack: true,
    ...fetching,
  });
  checkPackages(resolved, release, archive);
  return archive;
}
