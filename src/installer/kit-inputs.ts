import { createHash } from 'node:crypto';
import { requirePackage, withDependencies } from './dependencies.js';
import { readHooks } from './hooks.js';
import type { KitInputs, KitRequest } from './kit-types.js';
import { filesystemPackages } from './made.js';
import { installerModules } from './modules.js';
import { componentNames, readPins } from './pins.js';

// Raise it when the same inputs give other bytes.
const format = 3;

/** Programs of the release that make the kit; kmod opens the two libraries by itself (its note.dlopen), when it needs them. */
export const kitTools: readonly string[] = ['kmod', 'liblzma5', 'libzstd1'];

/** SHA-256 (hex) of a value's JSON, or of bytes. */
export const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(value instanceof Uint8Array ? value : JSON.stringify(value))
    .digest('hex');

export const readInputs = async (request: KitRequest): Promise<KitInputs> => {
  const variant = request.variant ?? 'tuned';
  return {
    variant,
    names: request.components ?? componentNames,
    pins: request.pins ?? (await readPins(request.release.os, request.suite.arch)),
    hooks: await readHooks(variant),
  };
};

const common = ({ suite, release }: KitRequest, inputs: KitInputs): Record<string, unknown> => ({
  format,
  variant: inputs.variant,
  names: inputs.names,
  modules: installerModules,
  hooks: inputs.hooks.map(({ path, mode, data }) => [path, mode, hashOf(data)]),
  netboot: requirePackage(suite, release.netbootPackage).SHA256,
  tools: withDependencies(suite, kitTools).map(({ SHA256 }) => SHA256),
  filesystems: filesystemPackages.map((name) => requirePackage(suite, name).SHA256),
});

/** Names a kit by what is known before anything is fetched; the index of components by the hash that is signed. */
export const requestKey = (request: KitRequest, inputs: KitInputs): string => {
  const index = `main/debian-installer/binary-${request.suite.arch}/Packages.xz`;
  const signed = request.suite.release.files.get(index)?.sha256 ?? null;
  return hashOf({ ...common(request, inputs), pins: inputs.pins, index: signed });
};

/** Names a kit by everything that it is made of. */
export const kitDigest = (
  request: KitRequest,
  inputs: KitInputs,
  kernelPackage: string,
  components: readonly { sha256: string }[],
): string =>
  hashOf({
    ...common(request, inputs),
    kernelPackage,
    components: components.map(({ sha256 }) => sha256),
  });
