/** Edits that may separate a mistyped name from the meant one. */
const cutOff = (length: number): number => (length < 4 ? 1 : length < 9 ? 2 : 3);

/**
 * Damerau-Levenshtein distance (adjacent letters swapped count once, "optimal string alignment"),
 * or `limit + 1` as soon as it must be greater than `limit`.
 */
export const distance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    if (Math.min(...row) > limit) return limit + 1;
    before = above;
    above = row;
  }
  return above[b.length]!;
};

/** Names that `wanted` may have meant, best first: few edits away, then those that contain it, the shortest first. */
export const nearest = (wanted: string, names: Iterable<string>, most = 5): string[] => {
  const limit = cutOff(wanted.length);
  const close: { name: string; edits: number }[] = [];
  const containing: string[] = [];
  for (const name of names) {
    if (name === wanted) continue;
    const edits = distance(wanted, name, limit);
    if (edits <= limit) close.push({ name, edits });
    else if (wanted.length > 2 && name.includes(wanted)) containing.push(name);
  }
  close.sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name, 'en'));
  containing.sort((a, b) => a.length - b.length || a.localeCompare(b, 'en'));
  return [...close.map(({ name }) => name), ...containing].slice(0, most);
};
