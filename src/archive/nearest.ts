import { distance } from '../spec/near.js';

/** Edits that may separate a mistyped name from the meant one. */
const cutOff = (length: number): number => (length < 4 ? 1 : length < 9 ? 2 : 3);

// Longer words are no package names; Debian's longest has 75 letters.
const longest = 100;

const editsBetween = (wanted: string, name: string, limit: number): number =>
  Math.abs(wanted.length - name.length) > limit ? limit + 1 : distance(wanted, name);

/** Names that `wanted` may have meant, best first: few edits away, then those that contain it or begin it, the shortest first. */
export const nearest = (wanted: string, names: Iterable<string>, most = 5): string[] => {
  if (wanted.length > longest) return [];
  const limit = cutOff(wanted.length);
  const close: { name: string; edits: number }[] = [];
  const related: string[] = [];
  for (const name of names) {
    if (name === wanted) continue;
    const edits = editsBetween(wanted, name, limit);
    if (edits <= limit) close.push({ name, edits });
    else if (wanted.length > 2 && name.includes(wanted)) related.push(name);
    else if (name.length > 3 && wanted.startsWith(`${name}-`)) related.push(name);
  }
  close.sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name, 'en'));
  related.sort((a, b) => a.length - b.length || a.localeCompare(b, 'en'));
  return [...close.map(({ name }) => name), ...related].slice(0, most);
};
