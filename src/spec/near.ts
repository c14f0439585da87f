/**
 * Distance of two words after Damerau and Levenshtein (optimal string alignment): insertions, deletions, substitutions
 * and swaps of neighbours count one each.
 */
export const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
};

/** The candidate that was probably meant, if one is near: at most a third of its letters away, three at most. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  // Longer words than any name are no typos, and the distance costs length times length.
  if (word.length > 80) return undefined;
  let best: { name: string; far: number } | undefined;
  for (const name of candidates) {
    const allowed = Math.min(3, Math.max(1, Math.floor(name.length / 3)));
    const far = distance(word.toLowerCase(), name.toLowerCase());
    if (far <= allowed && far < (best?.far ?? Infinity)) best = { name, far };
  }
  return best?.name;
};
