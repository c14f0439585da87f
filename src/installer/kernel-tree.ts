import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extractDeb, type FetchContext, fetchPackage, type Suite } from '../archive/index.js';
import { VappError } from '../errors.js';
import { cachedDirectory } from './cached-directory.js';
import { requirePackage } from './dependencies.js';
import { runForeign } from './foreign.js';
import { moduleClosure, modulesPath } from './modules.js';
import { type FileTree, file, isFile, merge } from './tree.js';

export interface KernelRequest extends FetchContext {
  suite: Suite;
  kernelVersion: string;
  /** A foreign tree that holds kmod. */
  tools: string;
}

/** An index that depmod writes; the others of modules.* are the package's own files. */
const isIndex = (name: string): boolean =>
  name.startsWith('modules.') &&
  !['modules.order', 'modules.builtin', 'modules.builtin.modinfo'].includes(name);

// depmod writes its directory as lib/modules, whatever the release does with /lib.
const runDepmod = async (tools: string, root: string, version: string): Promise<void> => {
  await symlink('usr/lib', join(root, 'lib')).catch(() => {});
  await runForeign(tools, 'usr/sbin/depmod', ['-b', root, version]);
};

/**
 * The modules of a kernel package with their index, unpacked in the cache: `<directory>/usr/lib/modules/VERSION/…`,
 * the index made by the release's own depmod. Throws VAPP_INSTALLER_KERNEL when the archive has another kernel.
 */
export const kernelTree = async (request: KernelRequest): Promise<string> => {
  const { suite, kernelVersion } = request;
  const name = `linux-image-${kernelVersion}`;
  if (!suite.packages.get(name)) {
    throw new VappError('VAPP_INSTALLER_KERNEL', `${suite.mirror} has no kernel ${kernelVersion}`, {
      why: 'Its installer images and its kernel packages are of two point releases.',
      hint: 'Take another mirror, or try again when this one has been updated.',
    });
  }
  const stanza = requirePackage(suite, name);
  return cachedDirectory(join(request.cache, 'trees', `kernel-${stanza.SHA256}`), async (root) => {
    const deb = await fetchPackage(suite, stanza, request);
    await extractDeb(deb, root, (entry) => /^(usr\/)?lib(\/modules|$)/.test(entry.name));
    await runDepmod(request.tools, root, kernelVersion);
  });
};

/** The module indexes of a kernel tree, by name. */
export const moduleIndexes = async (root: string, version: string): Promise<Map<string, Buffer>> => {
  const folder = join(root, modulesPath(version));
  const names = (await readdir(folder)).filter(isIndex).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return new Map(names.map((name, index) => [name, contents[index]!]));
};

/** Writes the modules of an initrd to a directory, adds files of the kernel tree, and has depmod index the whole. */
const indexed = async (
  root: string,
  base: FileTree,
  added: readonly string[],
  o: AddModules,
): Promise<FileTree> => {
  const folder = modulesPath(o.version);
  for (const entry of base.values()) {
    if (!isFile(entry) || !entry.path.startsWith(`${folder}/`)) continue;
    await mkdir(dirname(join(root, entry.path)), { recursive: true });
    await writeFile(join(root, entry.path), entry.data!);
  }
  const source = join(o.kernelRoot, folder);
  for (const path of added) await cp(join(source, path), join(root, folder, path), { recursive: true });
  for (const name of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    await cp(join(source, name), join(root, folder, name));
  }
  await runDepmod(o.tools, root, o.version);
  const indexes = (await readdir(join(root, folder))).filter((name) => name.startsWith('modules.'));
  const out: FileTree = new Map();
  for (const path of [...added, ...indexes.sort()]) {
    merge(out, base, [file(`${folder}/${path}`, await readFile(join(root, folder, path)))]);
  }
  return out;
};

export interface AddModules {
  version: string;
  /** From kernelTree. */
  kernelRoot: string;
  tools: string;
  names: readonly string[];
  /** A directory for temporary files. */
  scratch: string;
}

/** What an initrd lacks of `names`: the module files and a new index of all its modules. */
export const addModules = async (base: FileTree, o: AddModules): Promise<FileTree> => {
  const folder = join(o.kernelRoot, modulesPath(o.version));
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const all = moduleClosure(o.names, await text('modules.dep'), await text('modules.builtin'));
  const added = all.filter((path) => !base.has(`${modulesPath(o.version)}/${path}`));
  const root = await mkdtemp(join(o.scratch, 'modules-'));
  try {
    return await indexed(root, base, added, o);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};
