import { type FetchContext, newest, parseRelations, type Suite } from '../archive/index.js';
import { writeCpio } from './cpio.js';
import { foreignTree } from './foreign.js';
import { kernelTree, moduleIndexes } from './kernel-tree.js';
import { kitTools } from './kit-inputs.js';
import { directory, type FileTree, file, put, sortedEntries } from './tree.js';

/** The kernel that the installation will install. */
export interface TargetKernel {
  /** `6.12.118+deb13-amd64` */
  version: string;
  suite: Suite;
}

const imagePackage = /^linux-image-(\d.*)$/;

/** What a kernel's meta package (`linux-image-amd64`) stands for, in the highest version that the suites have; undefined when it names no image. */
export const targetKernel = (suites: readonly Suite[], metaPackage: string): TargetKernel | undefined => {
  const depends = newest(suites, metaPackage)?.stanza.Depends ?? '';
  for (const { name } of parseRelations(depends).flat()) {
    const version = imagePackage.exec(name)?.[1];
    const suite = newest(suites, name)?.suite;
    if (version && suite) return { version, suite };
  }
  return undefined;
};

/**
 * A part of the initrd: the module index of the target's kernel, as its own depmod makes it. In the guest depmod would cost
 * some 25 s of CPU time under TCG; the hook finish-clean lays the index down.
 */
export const targetKernelPart = async (
  request: FetchContext & { suite: Suite; kernel: TargetKernel },
): Promise<Buffer> => {
  const { kernel, ...context } = request;
  const tools = await foreignTree({ ...context, packages: kitTools });
  const root = await kernelTree({ ...context, suite: kernel.suite, kernelVersion: kernel.version, tools });
  const tree: FileTree = new Map();
  put(tree, directory('vapp'));
  for (const [name, data] of await moduleIndexes(root, kernel.version)) {
    put(tree, file(`vapp/modfiles/${kernel.version}/${name}`, data));
  }
  return writeCpio(sortedEntries(tree));
};
