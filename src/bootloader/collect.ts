import { type KernelModule, type ModuleSource, orderModules } from './modules.js';
import type { ToolSet } from './tools.js';
import { closeOverLibraries, readTree, type Tree } from './tree.js';

/** The programs, data and links that `tools` names, with the libraries needed. */
export async function collectTools(
  debs: readonly string[],
  tools: ToolSet,
  libraryFolder: string,
): Promise<Tree> {
  const isData = (path: string): boolean =>
    tools.data.some((item) => path === item || path.startsWith(`${item}/`));
  const isLibrary = (path: string): boolean =>
    /^usr\/lib(64|\/[^/]*-linux-[^/]*)?\/[^/]*\.so[^/]*$/.test(path);
  const wanted = (path: string): boolean => tools.programs.includes(path) || isData(path) || isLibrary(path);
  const tree = await readTree(debs, wanted);
  const chosen = closeOverLibraries(tree, tools.programs, libraryFolder);
  for (const [path, node] of tree) if (isData(path)) chosen.set(path, node);
  for (const [path, link] of Object.entries(tools.links ?? {})) chosen.set(path, { link });
  return chosen;
}

/** Kernel modules as the initrd has them: each once, and the order of loading by list. */
export interface DriverSet {
  modules: KernelModule[];
  /** `order`, and `order.NAME` for those that are loaded later: names of modules. */
  orders: Record<string, string[]>;
}

/** Modules out of a kernel's package, with what they depend on: those that are always loaded, and the lists of `later`. */
export async function collectModules(
  deb: string,
  kernelVersion: string,
  wanted: { modules: readonly string[]; later: Readonly<Record<string, readonly string[]>> },
): Promise<DriverSet> {
  const source = await readModules(deb, kernelVersion);
  const all = new Map<string, KernelModule>();
  const orders: DriverSet['orders'] = {};
  const lists = Object.entries(wanted.later).map(([name, list]) => [`order.${name}`, list] as const);
  for (const [name, list] of [['order', wanted.modules] as const, ...lists]) {
    const ordered = await orderModules(list, source);
    for (const module of ordered) all.set(module.name, module);
    orders[name] = ordered.map((module) => module.name);
  }
  return { modules: [...all.values()], orders };
}

async function readModules(deb: string, kernelVersion: string): Promise<ModuleSource> {
  const folder = `usr/lib/modules/${kernelVersion}/`;
  const wanted = (path: string): boolean =>
    path.startsWith(folder) && (/\.ko(\.\w+)?$/.test(path) || path === `${folder}modules.builtin`);
  const files = new Map<string, Buffer>();
  for (const [path, node] of await readTree([deb], wanted)) {
    if ('data' in node) files.set(path, node.data);
  }
  const builtin = files.get(`${folder}modules.builtin`)?.toString('utf8') ?? '';
  files.delete(`${folder}modules.builtin`);
  return { files, builtin };
}
