const brief = (text) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

/** A hash is recognised by its beginning. */
const shown = (name, value) => (name === 'content' ? value.slice(0, 12) : brief(value || '(empty)'));

const record = (fields, how) =>
  Object.entries(fields ?? {})
    .filter(([name]) => how.includes(name) || how[0].startsWith('only-'))
    .map(([name, value]) => `${name} ${shown(name, value)}`)
    .join(', ');

const sides = { 'only-first': 'only in the first', 'only-second': 'only in the second' };

const textLines = ({ lines }) =>
  lines
    ? [
        ...lines.first.map((line) => `    - ${brief(line)}`),
        ...lines.second.map((line) => `    + ${brief(line)}`),
      ]
    : [];

/** A difference in a line or several. */
export const showDifference = (difference) => {
  const { aspect, key, how, first, second } = difference;
  const side = sides[how[0]];
  const what = side
    ? `${side} (${record(first ?? second, how)})`
    : `${record(first, how)} -> ${record(second, how)}`;
  return [`  ${aspect} ${key}: ${what}`, ...textLines(difference)].join('\n');
};

const countBy = (entries, of) => {
  const counts = new Map();
  for (const entry of entries) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + 1);
  return [...counts];
};

/** The outcome for people: how many differences each group explains and for which reasons, then what nothing explains. */
export const showResult = ({ explained, unexplained, unused }, { all = false } = {}) => {
  const out = [];
  for (const [group, count] of countBy(explained, (entry) => entry.group)) {
    out.push(`${group}: ${count}`);
    const own = explained.filter((entry) => entry.group === group);
    // What follows from a package says so once.
    const reasons = group === 'packages' ? [] : countBy(own, ({ reason }) => reason);
    for (const [reason, times] of reasons) out.push(`  ${times} x ${reason}`);
    if (all) out.push(...own.map(({ difference }) => showDifference(difference)));
  }
  if (unused.length > 0 && all)
    out.push(
      'rules that explained nothing:',
      ...unused.map(({ group, keys }) => `  ${group}: ${keys.join(' ')}`),
    );
  out.push(`unexplained: ${unexplained.length}`, ...unexplained.map(showDifference));
  return out.join('\n');
};
