import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { debEntries, type FetchContext, fetchPackage, type Stanza, type Suite } from '../archive/index.js';
import { VappError } from '../errors.js';
import { cachedDirectory } from './cached-directory.js';
import { readCpio } from './cpio.js';
import type { FileTree } from './tree.js';

/** Kernel and initrd of the installer, as the release's netboot package carries them. */
export interface Netboot {
  kernel: Buffer;
  /** As it is in the package: gzip'd newc. */
  initrd: Buffer;
  /** The archive without gzip. */
  unpacked: Buffer;
  /** Its members. */
  tree: FileTree;
  /** `6.12.117+deb13-amd64` */
  kernelVersion: string;
}

export interface NetbootRequest extends FetchContext {
  suite: Suite;
  /** A `debian-installer-*-netboot-*` package. */
  stanza: Stanza;
}

const image = /\/text\/debian-installer\/[^/]+\/(linux|initrd\.gz)$/;

const wrong = (why: string): VappError =>
  new VappError('VAPP_INSTALLER_NETBOOT', 'the netboot package is not what it should be', {
    why,
    hint: 'Take another mirror; if that does not help, vapp does not know this release yet.',
  });

const extractImages = async (deb: string, directory: string): Promise<void> => {
  const found = new Set<string>();
  for await (const { name, data } of debEntries(deb, (entry) => image.test(entry.name))) {
    const kind = image.exec(name)?.[1];
    if (!kind || !data) continue;
    await writeFile(join(directory, kind), data);
    // The rest is 150 MB of other images.
    if (found.add(kind).size === 2) return;
  }
  throw wrong('It does not hold the kernel and initrd of the text installer.');
};

const kernelOf = (tree: FileTree): string => {
  for (const path of tree.keys()) {
    const version = /^(?:usr\/)?lib\/modules\/([^/]+)$/.exec(path)?.[1];
    if (version) return version;
  }
  throw wrong('Its initrd has no kernel modules.');
};

/** The text installer's images of a netboot package; extracted once into the cache. Throws VAPP_INSTALLER_NETBOOT. */
export const readNetboot = async (request: NetbootRequest): Promise<Netboot> => {
  const { suite, stanza, cache } = request;
  const images = await cachedDirectory(join(cache, 'trees', `netboot-${stanza.SHA256}`), async (directory) =>
    extractImages(await fetchPackage(suite, stanza, request), directory),
  );
  const [kernel, initrd] = await Promise.all([
    readFile(join(images, 'linux')),
    readFile(join(images, 'initrd.gz')),
  ]);
  const unpacked = await promisify(gunzip)(initrd);
  const tree: FileTree = new Map(readCpio(unpacked).map((entry) => [entry.path, entry]));
  return { kernel, initrd, unpacked, tree, kernelVersion: kernelOf(tree) };
};
