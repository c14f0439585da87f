import { EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import type { Problems } from './problems.js';
import type { Node } from './tree.js';
import { TreeBuilder } from './tree-builder.js';

/**
 * Reads one YAML 1.2 document (core schema) into a tree with places. What is wrong is added to `problems`; without a
 * tree there is at least one problem. Aliases are shared, never copied, so an "alias bomb" costs no memory.
 */
export const readYaml = (problems: Problems): Node | undefined => {
  const events = eventsOf(problems);
  if (!events) return undefined;
  const documents = events.filter((event) => event.type === EVENT_ID.DOCUMENT);
  if (documents.length === 0) return empty(problems);
  if (documents.length > 1) return severalDocuments(problems, documents[0]!.explicitStart);
  const root = new TreeBuilder(problems, events).document();
  if (root.kind === 'scalar' && root.value === null) return empty(problems);
  return root;
};

const eventsOf = (problems: Problems): Event[] | undefined => {
  try {
    return parseEvents(problems.source.text, { filename: problems.source.file });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return syntaxError(problems, error);
  }
};

const syntaxHints: readonly [RegExp, string][] = [
  [/\btab\b/, 'indent with spaces: YAML allows no tabs there'],
  [
    /bad indentation/,
    'put the value in quotes if it holds ": " or starts with one of @ ` % * & ! |, else check the indentation',
  ],
  [/maxDepth/, 'no key of a spec is nested that deep'],
  [/flow collection/, 'close every [ with ] and every { with }'],
  [/quoted scalar/, 'close the quotes'],
];

const syntaxError = (problems: Problems, error: YAMLException): undefined => {
  const position = error.mark?.position ?? 0;
  const hint = syntaxHints.find(([pattern]) => pattern.test(error.reason))?.[1];
  problems.add(
    'VAPP_SPEC_YAML',
    `not YAML: ${error.reason}`,
    { start: position, end: position + 1 },
    hint === undefined ? {} : { hint },
  );
};

const empty = (problems: Problems): undefined =>
  problems.add(
    'VAPP_SPEC_EMPTY',
    'the spec is empty',
    { start: 0, end: 0 },
    {
      hint: 'write at least two lines, such as "appliance: web" and "os: debian-13"',
    },
  );

const severalDocuments = (problems: Problems, firstIsMarked: boolean): undefined => {
  const marks = [...problems.source.text.matchAll(/^\ufeff?---/gm)];
  const start = marks[firstIsMarked ? 1 : 0]?.index ?? 0;
  problems.add(
    'VAPP_SPEC_DOCUMENTS',
    'the spec holds more than one YAML document',
    { start, end: start + 3 },
    { hint: 'write one file per appliance; "vapp build" takes several files' },
  );
};
