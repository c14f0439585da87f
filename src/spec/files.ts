import { checkOnce, itemsOf } from './items.js';
import type { Values } from './read.js';
import { formatSize, MiB } from './size.js';
import { type MappingNode, rangeOf } from './tree.js';
import type { ReadContext } from './types/base.js';

/** The files travel in the memory of the installer's guest, which is 1 GiB at the least and holds the base system's packages too. */
const limit = 64 * MiB;

/** Adds a problem for each path that stands twice, and for files that are too large together. */
export const checkFiles = (root: MappingNode, values: Values, context: ReadContext): void => {
  checkOnce(root, 'files', 'path', context);
  const sources = itemsOf(root, 'files').map((_, index) => values.get(`files[${index}].source`));
  const sizes = sources.map((source) =>
    source === undefined ? 0 : (context.host.fileSize(String(source)) ?? 0),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= limit) return;
  const shown = formatSize(Math.ceil(total / MiB) * MiB);
  context.problems.add(
    'VAPP_SPEC_RANGE',
    `files are ${shown} together, more than ${formatSize(limit)}`,
    rangeOf(root, 'files')!,
    {
      why: 'they travel in the memory of the installer’s guest',
      hint: 'fetch them with a command under run, or put them into a package',
    },
  );
};
