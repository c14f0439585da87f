import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackage } from '../archive/index.js';
import { type Component, type ComponentSource, fetchComponents, openComponentIndex } from './components.js';
import { align4, writeCpio } from './cpio.js';
import { foreignTree, requirePackage } from './foreign.js';
import { hashOf, kitDigest, kitTools } from './kit-inputs.js';
import type { KitInputs, KitRecord, KitRequest } from './kit-types.js';
import {
  componentFile,
  filesystemPackages,
  type MadeComponent,
  makeFilesystemTools,
  makeStandIn,
} from './made.js';
import { addModules, installerModules, kernelTree, moduleIndexes } from './modules.js';
import { type Netboot, readNetboot } from './netboot.js';
import { directory, type FileTree, file, merge, packageTree, put, sortedEntries } from './tree.js';
import {
  allTemplates,
  asOpen,
  componentIndex,
  cutTemplates,
  layDown,
  type OpenComponent,
  openComponent,
} from './udebs.js';
import { writeUdeb } from './write-udeb.js';

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

const filesystemTools = async (request: KitRequest): Promise<MadeComponent> => {
  const trees: FileTree[] = [];
  for (const name of filesystemPackages) {
    trees.push(
      await packageTree(await fetchPackage(request.suite, requirePackage(request.suite, name), request)),
    );
  }
  return makeFilesystemTools(requirePackage(request.suite, 'e2fsprogs').Version, trees);
};

interface Kernel {
  modules: FileTree;
  /** The target's module indexes, by name. */
  indexes: Map<string, Buffer>;
}

const kernelParts = async (request: KitRequest, { tree, kernelVersion }: Netboot): Promise<Kernel> => {
  const tools = await foreignTree({ ...request, packages: kitTools });
  const kernelRoot = await kernelTree({ ...request, kernelVersion, tools });
  return {
    modules: await addModules(tree, {
      version: kernelVersion,
      kernelRoot,
      tools,
      names: installerModules,
      scratch: request.cache,
    }),
    indexes: await moduleIndexes(kernelRoot, kernelVersion),
  };
};

/** Components as they lie in Debian's own images, with the hooks: a start without loading and unpacking. */
const tunedOverlay = (base: FileTree, components: readonly OpenComponent[], inputs: KitInputs): FileTree => {
  const tree = layDown(base, components);
  cutTemplates(base, tree);
  const debootstrap = tree.get('usr/sbin/debootstrap');
  if (debootstrap) put(tree, { ...debootstrap, path: 'usr/sbin/debootstrap.real' });
  merge(tree, base, inputs.hooks);
  put(tree, file('vapp/Packages', componentIndex(components)));
  return tree;
};

/** Components as files that anna fetches, unpacks and configures by itself. */
const plainOverlay = async (
  base: FileTree,
  fetched: readonly OpenComponent[],
  made: readonly MadeComponent[],
  inputs: KitInputs,
): Promise<FileTree> => {
  const tree: FileTree = new Map();
  merge(tree, base, inputs.hooks);
  const all = [...fetched];
  for (const component of made) {
    const bytes = await writeUdeb(component);
    put(tree, file(`vapp/${componentFile(component.control)}`, bytes));
    all.push({ ...asOpen(component), size: bytes.length, sha256: hashOf(bytes) });
  }
  for (const component of fetched)
    put(tree, file(`vapp/${componentFile(component.control)}`, component.bytes));
  put(tree, file('vapp/Packages', componentIndex(all)));
  return tree;
};

// Stored, not compressed: zlib's output differs between versions and processors, and a guest unpacks this sooner.
const writeInitrd = (netboot: Netboot, tree: FileTree): Buffer => {
  const pad = Buffer.alloc(align4(netboot.initrd.length) - netboot.initrd.length);
  return Buffer.concat([netboot.initrd, pad, writeCpio(sortedEntries(tree, netboot.tree))]);
};

/** Writes linux, initrd, templates.json and kit.json into a directory. */
export const composeKit = async (
  request: KitRequest,
  inputs: KitInputs,
  parts: KitParts,
  out: string,
): Promise<void> => {
  const { netboot } = parts;
  const fetched: OpenComponent[] = [];
  for (const component of parts.components) fetched.push(await openComponent(component));
  const made = [await filesystemTools(request), makeStandIn(netboot.kernelVersion)];
  const all = [...fetched, ...made.map(asOpen)];
  const kernel = await kernelParts(request, netboot);
  const overlay =
    inputs.variant === 'plain'
      ? await plainOverlay(netboot.tree, fetched, made, inputs)
      : tunedOverlay(netboot.tree, all, inputs);
  put(overlay, directory('vapp'), ...kernel.modules.values());
  if (inputs.variant === 'tuned') {
    for (const [name, data] of kernel.indexes) {
      put(overlay, file(`vapp/modfiles/${netboot.kernelVersion}/${name}`, data));
    }
  }
  await mkdir(out, { recursive: true });
  await writeRecord(parts, out, {
    linux: netboot.kernel,
    initrd: writeInitrd(netboot, overlay),
    'templates.json': Buffer.from(JSON.stringify(allTemplates(netboot.tree, all))),
  });
};

const writeRecord = async (parts: KitParts, out: string, contents: Record<string, Buffer>): Promise<void> => {
  const files: KitRecord['files'] = {};
  for (const [name, data] of Object.entries(contents)) {
    await writeFile(join(out, name), data);
    files[name] = { size: (await stat(join(out, name))).size, sha256: hashOf(data) };
  }
  const record: KitRecord = {
    digest: parts.digest,
    kernelVersion: parts.netboot.kernelVersion,
    kernelPackage: parts.kernelPackage,
    source: parts.source,
    components: parts.components.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
    files,
  };
  await writeFile(join(out, 'kit.json'), `${JSON.stringify(record, null, 2)}\n`);
};
