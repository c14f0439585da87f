import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackage } from '../archive/index.js';
import { align4, writeCpio } from './cpio.js';
import { requirePackage } from './dependencies.js';
import { foreignTree } from './foreign.js';
import type { KitParts } from './gather.js';
import type { KitVariant } from './hooks.js';
import { addModules, kernelTree } from './kernel-tree.js';
import { hashOf, kitTools } from './kit-inputs.js';
import type { KitInputs, KitRecord, KitRequest } from './kit-types.js';
import { filesystemPackages, type MadeComponent, makeFilesystemTools, makeStandIn } from './made.js';
import { installerModules } from './modules.js';
import type { Netboot } from './netboot.js';
import { plainOverlay, tunedOverlay } from './overlay.js';
import { directory, type FileTree, packageTree, put, sortedEntries } from './tree.js';
import { allTemplates, asOpen, type OpenComponent, openComponent } from './udebs.js';

const filesystemTools = async (request: KitRequest): Promise<MadeComponent> => {
  const trees: FileTree[] = [];
  for (const name of filesystemPackages) {
    trees.push(
      await packageTree(await fetchPackage(request.suite, requirePackage(request.suite, name), request)),
    );
  }
  return makeFilesystemTools(requirePackage(request.suite, 'e2fsprogs').Version, trees);
};

const missingModules = async (request: KitRequest, { tree, kernelVersion }: Netboot): Promise<FileTree> => {
  const tools = await foreignTree({ ...request, packages: kitTools });
  const kernelRoot = await kernelTree({ ...request, kernelVersion, tools });
  return await addModules(tree, {
    version: kernelVersion,
    kernelRoot,
    tools,
    names: installerModules,
    scratch: request.cache,
  });
};

/**
 * A tuned kit is not compressed at all: under TCG the kernel's unpacking costs more than a second, and zlib's output
 * differs between versions and processors. A plain kit starts with the distribution's own file.
 */
const writeInitrd = ({ initrd, unpacked, tree }: Netboot, overlay: FileTree, variant: KitVariant): Buffer => {
  const first = variant === 'plain' ? initrd : unpacked;
  const pad = Buffer.alloc(align4(first.length) - first.length);
  return Buffer.concat([first, pad, writeCpio(sortedEntries(overlay, tree))]);
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
  const modules = await missingModules(request, netboot);
  const overlay =
    inputs.variant === 'plain'
      ? await plainOverlay(netboot.tree, fetched, made, inputs)
      : tunedOverlay(netboot.tree, all, inputs);
  put(overlay, directory('vapp'), ...modules.values());
  await mkdir(out, { recursive: true });
  await writeRecord(parts, out, {
    linux: netboot.kernel,
    initrd: writeInitrd(netboot, overlay, inputs.variant),
    'templates.json': Buffer.from(JSON.stringify(allTemplates(netboot.tree, all))),
  });
};

const writeRecord = async (parts: KitParts, out: string, contents: Record<string, Buffer>): Promise<void> => {
  const files: KitRecord['files'] = {};
  for (const [name, data] of Object.entries(contents)) {
    await writeFile(join(out, name), data);
    files[name] = { size: data.length, sha256: hashOf(data) };
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
