import { createHash } from 'node:crypto';
import type { ResolvedSpec } from './appliance.js';
import { checkFiles } from './files.js';
import { Filling } from './fill.js';
import { checkOnce } from './items.js';
import { checkLogin } from './people.js';
import { Problems } from './problems.js';
import { readValues } from './read.js';
import { Source } from './source.js';
import type { SpecHost } from './spec-host.js';
import { rangeOf } from './tree.js';
import { readYaml } from './yaml.js';

/**
 * Reads a spec: validates it by the key table and fills in defaults and guesses. Touches nothing but `host`.
 * `text` is the whole file; `file` its path, for messages and for what the spec names relative to itself.
 * @throws VappErrors with every mistake of the spec, each with its location, in the order of the text.
 */
export const parseSpec = (file: string, text: string, host: SpecHost): ResolvedSpec => {
  const problems = new Problems(new Source(file, text));
  const root = readYaml(problems);
  if (!root) return rejected(problems);
  const context = { problems, host, file };
  const values = readValues(root, context);
  if (root.kind === 'mapping') {
    checkOnce(root, 'users', 'name', context);
    checkLogin(root, values, context);
    checkFiles(root, values, context);
  }
  problems.throwIfAny();
  const filling = new Filling(values, root, problems.source, host);
  return {
    file,
    appliance: filling.appliance(),
    origins: filling.origins,
    locate(path) {
      const range = rangeOf(root, path);
      return range && problems.source.location(range);
    },
    sha256: createHash('sha256').update(text).digest('hex'),
  };
};

const rejected = (problems: Problems): never => {
  problems.throwIfAny();
  throw new Error('a YAML text without a tree and without a problem');
};
