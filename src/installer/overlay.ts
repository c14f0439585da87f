import { hashOf } from './kit-inputs.js';
import type { KitInputs } from './kit-types.js';
import { componentFile, type MadeComponent } from './made.js';
import { type FileTree, file, merge, put } from './tree.js';
import { asOpen, componentIndex, cutTemplates, layDown, type OpenComponent } from './udebs.js';
import { writeUdeb } from './write-udeb.js';

/** Components as they lie in Debian's own images, with the hooks: a start without loading and unpacking. */
export const tunedOverlay = (
  base: FileTree,
  components: readonly OpenComponent[],
  inputs: KitInputs,
): FileTree => {
  const tree = layDown(base, components);
  cutTemplates(base, tree);
  const debootstrap = tree.get('usr/sbin/debootstrap');
  if (debootstrap) put(tree, { ...debootstrap, path: 'usr/sbin/debootstrap.real' });
  merge(tree, base, inputs.hooks);
  put(tree, file('vapp/Packages', componentIndex(components)));
  return tree;
};

/** Components as files that anna fetches, unpacks and configures by itself. */
export const plainOverlay = async (
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
