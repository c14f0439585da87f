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

/** Packages that only one of the two systems has. */
const onlyIn = (side, differences) =>
  new Set(
    differences.filter(({ aspect, how }) => aspect === 'package' && how[0] === side).map(({ key }) => key),
  );

const unitFolders = ['/usr/lib/systemd/system/', '/usr/lib/systemd/user/'];

/** Whose the thing is that one side alone has: packages of a file, of the folder of its bookkeeping, of a unit, of a question. */
const belongsTo = ({ aspect, key }, inventory) => {
  const { owners, questions } = inventory;
  if (aspect === 'file') {
    const info = /^\/var\/lib\/dpkg\/info\/([^/:]+?)(?::\w+)?\.\w+$/.exec(key)?.[1];
    return info ? [info] : (owners.get(key) ?? []);
  }
  if (aspect === 'unit') return unitFolders.flatMap((folder) => owners.get(folder + key) ?? []);
  if (aspect === 'question' || aspect === 'template') return questions.get(key) ?? [];
  return aspect === 'automatic' ? [key] : [];
};

/** What one side alone has because of a package that it alone has, is explained by whatever explains the package. */
const consequence = (difference, packages, inventories) => {
  const [how] = difference.how;
  if (how !== 'only-first' && how !== 'only-second') return undefined;
  const own = belongsTo(difference, inventories[how]);
  return own.length > 0 && own.every((name) => packages[how].has(name)) ? own[0] : undefined;
};

/**
 * Sorts differences by what explains them. `groups`: [{ id, title, when?, rules: [{ aspect, keys, how?, lines?, reason }] }]; a group
 * with `when` counts only if that word is among `conditions`. Gives { explained: [{ difference, group, reason }], unexplained, unused }.
 */
export const classify = (differences, groups, { first, second, conditions = [] }) => {
  const packages = {
    'only-first': onlyIn('only-first', differences),
    'only-second': onlyIn('only-second', differences),
  };
  const inventories = { 'only-first': first, 'only-second': second };
  const rules = groups
    .filter(({ when }) => when === undefined || conditions.includes(when))
    .flatMap((group) => group.rules.map((rule) => ({ group: group.id, rule: prepare(rule) })));
  const used = new Set();
  const explained = [];
  const unexplained = [];
  for (const difference of differences) {
    const owner = consequence(difference, packages, inventories);
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
