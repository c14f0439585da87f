import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeWhole } from '../archive/cache.js';
import { debEntries, fetchPackage } from '../archive/index.js';
import { parseRelations } from '../archive/relations.js';
import type { FetchContext, Stanza, Suite } from '../archive/types.js';
import { VappError } from '../errors.js';
import { layOut } from './layout.js';
import { type KernelModule, orderModules } from './modules.js';
import { libraryFolders, modules, tools } from './tools.js';
import { closeOverLibraries, type ReadPackage, readTree, type Tree } from './tree.js';

/** What the finisher's initrd is made of. */
export interface FinisherInitrdRequest extends FetchContext {
  /** The verified suite that the tools and the kernel's modules come from. */
  suite: Suite;
  /** Of the kernel that will boot it: `6.12.117+deb13-amd64`. */
  kernelVersion: string;
  /** The kernel's package when it is at hand already; else `linux-image-<kernelVersion>` of the suite. */
  modulesFrom?: { path: string; sha256: string };
}

/** The common part of the finisher's initrd, the same for all builds of a kernel and a suite's state. */
export interface FinisherInitrd {
  path: string;
  /** SHA-256 (hex) over what it is made of. */
  digest: string;
}

/** Where a package's file lies, and what it must be. */
interface Source {
  sha256: string;
  fetch(): Promise<string>;
}

/** To be changed when the code below makes other bytes of the same sources. */
const format = 1;

const scriptUrl = (name: string): URL => new URL(`../../src/bootloader/${name}`, import.meta.url);

/**
 * Makes the finisher guest's initrd of packages of a signed suite, without installing or running any of them; a gzip'd
 * cpio archive, padded to four bytes so that `finisherPart` may follow. The same sources give the same bytes; it is made
 * once and kept as `finishers/<digest>` in the cache.
 * @throws VAPP_BOOTLOADER_PACKAGE, VAPP_BOOTLOADER_MISSING, VAPP_BOOTLOADER_MODULE when the suite lacks something;
 *   what archive/ throws.
 */
export async function buildFinisherInitrd(request: FinisherInitrdRequest): Promise<FinisherInitrd> {
  const stanzas = withLibraries(request.suite, tools.packages);
  const kernel = kernelSource(request);
  const scripts = {
    init: await readFile(scriptUrl('init')),
    'finish.sh': await readFile(scriptUrl('finish.sh')),
  };
  const digest = digestOf(request, stanzas, kernel, scripts);
  const path = join(request.cache, 'finishers', digest);
  if (await exists(path)) return { path, digest };

  request.emit({ type: 'notice', text: `Making the finisher's initrd for Linux ${request.kernelVersion}` });
  const debs: string[] = [];
  for (const stanza of stanzas) debs.push(await fetchPackage(request.suite, stanza, request));
  const libraryFolder = libraryFolders[request.suite.arch]!;
  const tree = await collectTools(debs, libraryFolder, debEntries);
  const drivers = await collectModules(await kernel.fetch(), request.kernelVersion, debEntries);
  await writeWhole(path, await pack(layOut(tree, drivers, scripts)));
  return { path, digest };
}

const noPackage = (name: string): VappError =>
  new VappError('VAPP_BOOTLOADER_PACKAGE', `The suite has no package ${name}`, {
    why: 'The finisher guest is made of it.',
    hint: 'Choose a mirror that carries the whole release',
  });

/** Packages and the libraries that they depend on, sorted by name. Only libraries: no package is going to be installed. */
function withLibraries(suite: Suite, names: readonly string[]): Stanza[] {
  const found = new Map<string, Stanza>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const stanza = suite.packages.get(name) ?? suite.packages.providers(name)[0];
    if (!stanza) throw noPackage(name);
    if (found.has(stanza.Package)) continue;
    found.set(stanza.Package, stanza);
    const groups = [...parseRelations(stanza['Pre-Depends']), ...parseRelations(stanza.Depends)];
    queue.push(...groups.map(([first]) => first!.name).filter((other) => other.startsWith('lib')));
  }
  return [...found.values()].sort((a, b) => (a.Package < b.Package ? -1 : 1));
}

function kernelSource({ modulesFrom, suite, kernelVersion, ...context }: FinisherInitrdRequest): Source {
  if (modulesFrom) return { sha256: modulesFrom.sha256, fetch: async () => modulesFrom.path };
  const name = `linux-image-${kernelVersion}`;
  const stanza = suite.packages.get(name);
  if (!stanza) throw noPackage(name);
  return { sha256: stanza.SHA256, fetch: () => fetchPackage(suite, stanza, context) };
}

function digestOf(
  { kernelVersion, suite }: FinisherInitrdRequest,
  stanzas: readonly Stanza[],
  kernel: Source,
  scripts: Readonly<Record<string, Buffer>>,
): string {
  const sources = {
    format,
    tools,
    modules,
    libraries: libraryFolders[suite.arch],
    kernel: [kernelVersion, kernel.sha256],
    packages: stanzas.map((stanza) => stanza.SHA256),
    scripts: Object.entries(scripts).map(([name, data]) => [name, data.toString('utf8')]),
  };
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The programs and data that `tools` names, with the libraries needed. */
export async function collectTools(
  debs: readonly string[],
  libraryFolder: string,
  readPackage: ReadPackage,
): Promise<Tree> {
  const isData = (path: string): boolean =>
    tools.data.some((item) => path === item || path.startsWith(`${item}/`));
  const isLibrary = (path: string): boolean =>
    /^usr\/lib(64|\/[^/]*-linux-[^/]*)?\/[^/]*\.so[^/]*$/.test(path);
  const wanted = (path: string): boolean => tools.programs.includes(path) || isData(path) || isLibrary(path);
  const tree = await readTree(debs, wanted, readPackage);
  const chosen = closeOverLibraries(tree, tools.programs, libraryFolder);
  for (const [path, node] of tree) if (isData(path)) chosen.set(path, node);
  return chosen;
}

/** The modules that `modules` names, in the order of loading, out of a kernel's package. */
export async function collectModules(
  deb: string,
  kernelVersion: string,
  readPackage: ReadPackage,
): Promise<KernelModule[]> {
  const folder = `usr/lib/modules/${kernelVersion}/`;
  const wanted = (path: string): boolean =>
    path.startsWith(folder) && (/\.ko(\.\w+)?$/.test(path) || path === `${folder}modules.builtin`);
  const files = new Map<string, Buffer>();
  for (const [path, node] of await readTree([deb], wanted, readPackage)) {
    if ('data' in node) files.set(path, node.data);
  }
  const builtin = files.get(`${folder}modules.builtin`)?.toString('utf8') ?? '';
  files.delete(`${folder}modules.builtin`);
  return orderModules(modules, { files, builtin });
}

async function pack(archive: Buffer): Promise<Buffer> {
  const packed = await promisify(gzip)(archive, { level: 9 });
  // The kernel looks for the next archive at a multiple of four: Documentation/driver-api/early-userspace/buffer-format.rst.
  return Buffer.concat([packed, Buffer.alloc(-packed.length & 3)]);
}
