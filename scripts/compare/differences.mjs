const same = (a, b) => a === b;

/** Names of the fields in which two records differ. */
const changed = (a, b) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (field) => !same(a[field] ?? '', b[field] ?? ''),
  );

const compareAspect = (aspect, first, second) => {
  const found = [];
  for (const key of [...new Set([...first.keys(), ...second.keys()])].sort()) {
    const [a, b] = [first.get(key), second.get(key)];
    const how = !b ? ['only-first'] : !a ? ['only-second'] : changed(a, b);
    if (how.length > 0) found.push({ aspect, key, how, first: a, second: b });
  }
  return found;
};

/** Lines of one text that the other has not, as often as they are missing. */
const missingLines = (text, other) => {
  const left = new Map();
  for (const line of other.split('\n')) left.set(line, (left.get(line) ?? 0) + 1);
  return text.split('\n').filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
};

/** Both sides' own lines, when both texts are at hand. */
const linesOf = (path, first, second) => {
  const [a, b] = [first.texts.get(path), second.texts.get(path)];
  if (a === undefined || b === undefined) return {};
  return { lines: { first: missingLines(a, b), second: missingLines(b, a) } };
};

/**
 * Everything in which two systems differ: { aspect, key, how, first, second, lines? }. `how` is `only-first`, `only-second`, or the
 * names of the fields; `lines` are the lines that only one side of a text has.
 */
export const compareInventories = (first, second) =>
  Object.keys(first.aspects)
    .flatMap((aspect) => compareAspect(aspect, first.aspects[aspect], second.aspects[aspect]))
    .map((difference) =>
      difference.aspect === 'file' && difference.how.includes('content')
        ? { ...difference, ...linesOf(difference.key, first, second) }
        : difference,
    );
