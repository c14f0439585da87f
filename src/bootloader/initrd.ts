import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { fetchPackage, seal, useIfSealed } from '../archive/index.js';
import type { FetchContext, Stanza, Suite } from '../archive/types.js';
import { writeWhole } from '../whole-file.js';
import { collectModules, collectTools } from './collect.js';
import { layOut } from './layout.js';
import { kernelPackage, withLibraries } from './packages.js';
import { type FinisherKind, ingredients, libraryFolders } from './tools.js';

/** What the finisher's initrd is made of. */
export interface FinisherInitrdRequest extends FetchContext {
  /** The verified suite that the tools and the kernel's modules come from. */
  suite: Suite;
  /** Of the kernel that will boot it: `6.12.117+deb13-amd64`. */
  kernelVersion: string;
  /** Default `build`. */
  kind?: FinisherKind;
}

/** The common part of the finisher's initrd, the same for all builds of a kernel and a suite's state. */
export interface FinisherInitrd {
  path: string;
  /** SHA-256 (hex) over what it is made of. */
  digest: string;
}

/** To be changed when the code below makes other bytes of the same sources. */
const format = 2;

const scriptNames = ['init', 'steps.sh', 'finish.sh', 'grub.sh', 'find-root.sh', 'menu.sh'];

const scriptUrl = (name: string): URL => new URL(`../../src/bootloader/${name}`, import.meta.url);

/**
 * Makes the finisher guest's initrd of packages of a signed suite, without installing or running any of them; a gzip'd
 * cpio archive, padded to four bytes so that `finisherPart` may follow. The same sources give the same bytes; it is made
 * once and kept as `finishers/<digest>` in the cache.
 * @throws VAPP_BOOTLOADER_PACKAGE, VAPP_BOOTLOADER_MISSING, VAPP_BOOTLOADER_MODULE when the suite lacks something;
 *   what archive/ throws.
 */
export async function buildFinisherInitrd(request: FinisherInitrdRequest): Promise<FinisherInitrd> {
  const { tools, ...drivers } = ingredients[request.kind ?? 'build'];
  const stanzas = withLibraries(request.suite, tools.packages);
  const kernel = kernelPackage(request.suite, request.kernelVersion);
  const scripts: Record<string, Buffer> = {};
  for (const name of scriptNames) scripts[name] = await readFile(scriptUrl(name));
  const digest = digestOf(request, stanzas, kernel, scripts);
  const path = join(request.cache, 'finishers', digest);
  if (await useIfSealed(path)) return { path, digest };

  request.emit({ type: 'notice', text: `Making the finisher's initrd for Linux ${request.kernelVersion}` });
  const debs: string[] = [];
  for (const stanza of stanzas) debs.push(await fetchPackage(request.suite, stanza, request));
  const libraryFolder = libraryFolders[request.suite.arch]!;
  const tree = await collectTools(debs, tools, libraryFolder);
  const kernelDeb = await fetchPackage(request.suite, kernel, request);
  const found = await collectModules(kernelDeb, request.kernelVersion, drivers);
  await writeWhole(path, await pack(layOut(tree, found, scripts)));
  await seal(path);
  return { path, digest };
}

function digestOf(
  { kernelVersion, suite, kind = 'build' }: FinisherInitrdRequest,
  stanzas: readonly Stanza[],
  kernel: Stanza,
  scripts: Readonly<Record<string, Buffer>>,
): string {
  const sources = {
    format,
    ingredients: ingredients[kind],
    libraries: libraryFolders[suite.arch],
    kernel: [kernelVersion, kernel.SHA256],
    packages: stanzas.map((stanza) => stanza.SHA256),
    scripts: Object.entries(scripts).map(([name, data]) => [name, data.toString('utf8')]),
  };
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}

async function pack(archive: Buffer): Promise<Buffer> {
  const packed = await promisify(gzip)(archive, { level: 9 });
  // The kernel looks for the next archive at a multiple of four: Documentation/driver-api/early-userspace/buffer-format.rst.
  return Buffer.concat([packed, Buffer.alloc(-packed.length & 3)]);
}
