import { type KernelModule, orderModules } from './modules.js';
import { modules, tools } from './tools.js';
import { closeOverLibraries, readTree, type Tree } from './tree.js';

/** The programs and data that `tools` names, with the libraries needed. */
export async function collectTools(debs: readonly string[], libraryFolder: string): Promise<Tree> {
  const isData = (path: string): boolean =>
    tools.data.some((item) => path === item || path.startsWith(`${item}/`));
  const isLibrary = (path: string): boolean =>
    /^usr\/lib(64|\/[^/]*-linux-[^/]*)?\/[^/]*\.so[^/]*$/.test(path);
  const wanted = (path: string): boolean => tools.programs.includes(path) || isData(path) || isLibrary(path);
  const tree = await readTree(debs, wanted);
  const chosen = closeOverLibraries(tree, tools.programs, libraryFolder);
  for (const [path, node] of tree) if (isData(path)) chosen.set(path, node);
  return chosen;
}

/** The modules that `modules` names, in the order of loading, out of a kernel's package. */
export async function collectModules(deb: string, kernelVersion: string): Promise<KernelModule[]> {
  const folder = `usr/lib/modules/${kernelVersion}/`;
  const wanted = (path: string): boolean =>
    path.startsWith(folder) && (/\.ko(\.\w+)?$/.test(path) || path === `${folder}modules.builtin`);
  const files = new Map<string, Buffer>();
  for (const [path, node] of await readTree([deb], wanted)) {
    if ('data' in node) files.set(path, node.data);
  }
  const builtin = files.get(`${folder}modules.builtin`)?.toString('utf8') ?? '';
  files.delete(`${folder}modules.builtin`);
  return orderModules(modules, { files, builtin });
}
