import type { Appliance, Origin, ResolvedSpec } from './appliance.js';
import { Problems } from './problems.js';
import { Source } from './source.js';
import { rangeOf } from './tree.js';
import { readYaml } from './yaml.js';

/** A resolved spec as plain data, to hand to another process. It holds password hashes. */
export interface PortableSpec {
  file: string;
  text: string;
  appliance: Appliance;
  origins: [string, Origin][];
  sha256: string;
}

/** `text` is what the spec was resolved from. */
export const portableSpec = (
  { file, appliance, origins, sha256 }: ResolvedSpec,
  text: string,
): PortableSpec => ({ file, text, appliance, origins: [...origins], sha256 });

/** The spec as it was resolved, whatever the environment and the files that it names say by now. */
export const restoreSpec = ({ text, origins, ...same }: PortableSpec): ResolvedSpec => {
  const { source, root } = readAgain(same.file, text);
  return {
    ...same,
    origins: new Map(origins),
    locate(path) {
      const range = root && rangeOf(root, path);
      return range && source.location(range);
    },
  };
};

const readAgain = (file: string, text: string) => {
  const source = new Source(file, text);
  return { source, root: readYaml(new Problems(source)) };
};
