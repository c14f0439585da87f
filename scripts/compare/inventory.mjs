// From the answers of a guest (compare/inventory-init) to records that can be compared.

import { filesOf, lines, ownersOf } from './files.mjs';

/** Map of the records of a colon-separated database, by its first field. */
const byColon = (text, fields) =>
  new Map(
    lines(text).map((line) => {
      const [key, ...values] = line.split(':');
      return [key, Object.fromEntries(fields.map((field, i) => [field, values[i] ?? '']))];
    }),
  );

/** Records of a debconf database: paragraphs of `Name: value` (debconf-devel(7) calls it the 822 format). */
const paragraphs = (text) =>
  text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) =>
      Object.fromEntries(
        paragraph
          .split('\n')
          .map((line) => /^(\w[\w-]*): ?(.*)$/.exec(line))
          .filter(Boolean)
          .map(([, name, value]) => [name, value]),
      ),
    );

const named = (text, record) => new Map(paragraphs(text).map((fields) => [fields.Name, record(fields)]));

const owners = (field = '') => field.split(/, */).filter(Boolean);

const unitsOf = (text) => new Map(JSON.parse(text).map(({ unit_file: unit, state }) => [unit, { state }]));

const verifyOf = (text) =>
  new Map(
    lines(text).map((line) => [
      line.slice(line.indexOf('/')),
      { result: line.slice(0, line.indexOf('/')).trim() },
    ]),
  );

const packagesOf = (text) =>
  new Map(
    lines(text).map((line) => {
      const [name, version, status] = line.split('\t');
      return [name.replace(/:.*/, ''), { version, status: (status ?? '').trim() }];
    }),
  );

/** apt's own list of what came in by dependency alone. */
const automaticOf = (text) =>
  new Map(
    paragraphs(text)
      .filter((fields) => fields['Auto-Installed'] === '1')
      .map((fields) => [fields.Package, { automatic: 'yes' }]),
  );

/** Answers without which there is nothing to compare. */
const needed = [
  'files',
  'sums',
  'owners',
  'packages',
  'verify',
  'units',
  'passwd',
  'group',
  'shadow',
  'debconf',
  'templates',
];

/** Throws when a question to the system failed. `answers`: file name -> text. */
const checkAnswers = (answers) => {
  for (const name of needed) {
    const status = (answers.get(`${name}.status`) ?? 'none').trim();
    if (status === '0' || (name === 'verify' && status === '1')) continue;
    throw new Error(
      `the system did not say its ${name} (status ${status}): ${answers.get(`${name}.error`) ?? ''}`,
    );
  }
};

/**
 * The system as aspects, each a map from a key to a record of texts, with `owners` (packages of a path, of a question) and
 * `texts` (path -> content of small files below /etc) beside them.
 */
export const readInventory = (answers, texts = new Map()) => {
  checkAnswers(answers);
  const text = (name) => answers.get(name) ?? '';
  const questions = new Map();
  const debconf = named(text('debconf'), ({ Name, Value = '', Flags = '', Owners }) => {
    questions.set(Name, owners(Owners));
    return { value: Value, flags: Flags };
  });
  const templates = named(text('templates'), ({ Name, Type = '', Owners }) => {
    questions.set(Name, [...(questions.get(Name) ?? []), ...owners(Owners)]);
    return { type: Type };
  });
  return {
    aspects: {
      package: packagesOf(text('packages')),
      automatic: automaticOf(text('automatic')),
      audit: new Map(lines(text('audit')).map((line) => [line, {}])),
      verify: verifyOf(text('verify')),
      unit: unitsOf(text('units')),
      user: byColon(text('passwd'), ['password', 'uid', 'gid', 'gecos', 'home', 'shell']),
      group: byColon(text('group'), ['password', 'gid', 'members']),
      password: byColon(text('shadow'), ['kind', 'minimum', 'maximum', 'warning', 'inactive', 'expires']),
      'group password': byColon(text('gshadow'), ['kind', 'administrators', 'members']),
      question: debconf,
      template: templates,
      file: filesOf(text('files'), text('sums')),
    },
    owners: ownersOf(text('owners')),
    questions,
    texts,
  };
};
