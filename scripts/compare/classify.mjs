/** `*` stands for anything but a slash, `**` for anything; the rest is meant as it stands. */
export const globPattern = (glob) =>
  new RegExp(
    `^${glob
      .split(/(\*\*|\*)/)
      .map((part) => ({ '*': '[^/]*', '**': '.*' })[part] ?? part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('')}$`,
  );

const prepare = (rule) => ({
  ...rule,
  patterns: rule.keys.map(globPattern),
  linePatterns: rule.lines?.map((line) => new RegExp(line)),
});

/** A rule with `lines` explains other content by these lines alone. */
const linesFit = ({ linePatterns }, { how, lines }) => {
  if (!linePatterns || !how.includes('content')) return true;
  if (!lines) return false;
  return [...lines.first, ...lines.second].every((line) =>
    linePatterns.some((pattern) => pattern.test(line)),
  );
};

const fits = (rule, difference) =>
  rule.aspect === difference.aspect &&
  difference.how.every((how) => !rule.how || rule.how.includes(how)) &&
  rule.patterns.some((pattern) => pattern.test(difference.key)) &&
  linesFit(rule, difference);

const packagesThat = (how, differences) =>
  new Set(
    differences.filter((one) => one.aspect === 'package' && one.how.includes(how)).map(({ key }) => key),
  );

const unitFolders = ['/usr/lib/systemd/system/', '/usr/lib/systemd/user/'];

/** Packages that a thing belongs to: a file, a file of dpkg's own about a package, a unit, a question, a mark of apt. */
const belongsTo = ({ aspect, key }, { owners, questions }) => {
  if (aspect === 'file') {
    const info = /^\/var\/lib\/dpkg\/info\/([^/:]+?)(?::\w+)?\.\w+$/.exec(key)?.[1];
    return info ? [info] : (owners.get(key) ?? []);
  }
  if (aspect === 'unit') return unitFolders.flatMap((folder) => owners.get(folder + key) ?? []);
  if (aspect === 'question' || aspect === 'template') return questions.get(key) ?? [];
  return aspect === 'automatic' ? [key] : [];
};

/**
 * A thing follows from packages when each package that has it is one that differs itself: it is on the same side alone, or of
 * another version. Whatever explains the package then explains the thing. Gives one of them.
 */
const makeConsequence = (differences, { first, second }) => {
  const onlyOn = {
    'only-first': packagesThat('only-first', differences),
    'only-second': packagesThat('only-second', differences),
  };
  const newer = packagesThat('version', differences);
  return (difference) => {
    const [how] = difference.how;
    const sides = { 'only-first': [first], 'only-second': [second] }[how] ?? [first, second];
    const own = sides.flatMap((side) => belongsTo(difference, side));
    const follows = own.length > 0 && own.every((name) => onlyOn[how]?.has(name) || newer.has(name));
    return follows ? own[0] : undefined;
  };
};

/**
 * Sorts differences by what explains them. `groups`: [{ id, title, rules: [{ aspect, keys, how?, lines?, reason }] }]. Gives
 * { explained: [{ difference, group, reason }], unexplained, unused }.
 */
export const classify = (differences, groups, { first, second }) => {
  const consequence = makeConsequence(differences, { first, second });
  const rules = groups.flatMap((group) =>
    group.rules.map((rule) => ({ group: group.id, rule: prepare(rule) })),
  );
  const used = new Set();
  const explained = [];
  const unexplained = [];
  for (const difference of differences) {
    const owner = consequence(difference);
    const match = rules.find(({ rule }) => fits(rule, difference));
    if (match) used.add(match);
    if (owner !== undefined)
      explained.push({
        difference,
        group: 'packages',
        reason: `belongs to the package ${owner}, which is listed itself`,
      });
    else if (match) explained.push({ difference, group: match.group, reason: match.rule.reason });
    else unexplained.push(difference);
  }
  const unused = rules
    .filter((entry) => !used.has(entry))
    .map(({ group, rule }) => ({ group, keys: rule.keys }));
  return { explained, unexplained, unused };
};
