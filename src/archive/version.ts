interface Version {
  epoch: number;
  upstream: string;
  revision: string;
}

const parse = (text: string): Version => {
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(text.slice(0, colon)),
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? '' : rest.slice(hyphen + 1),
  };
};

// `~` sorts before the end, the end before letters, letters before all else.
const rank = (character: string | undefined): number => {
  if (character === '~') return -1;
  if (character === undefined) return 0;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
};

const compareText = (a: string, b: string): number => {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = rank(a[at]) - rank(b[at]);
    if (difference !== 0) return difference;
  }
  return 0;
};

const compareNumbers = (a: string, b: string): number => {
  const [one, other] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return one.length - other.length || (one < other ? -1 : Number(one > other));
};

// Splitting at numbers yields text and number by turns, text first: '1.2' becomes '', '1', '.', '2', ''.
const compareParts = (a: string, b: string): number => {
  const [one, other] = [a.split(/(\d+)/), b.split(/(\d+)/)];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const compare = at % 2 === 0 ? compareText : compareNumbers;
    const difference = compare(one[at] ?? '', other[at] ?? '');
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Orders two Debian versions as dpkg does (deb-version(7)): negative, zero or positive. */
export const compareVersions = (a: string, b: string): number => {
  const [one, other] = [parse(a), parse(b)];
  return (
    one.epoch - other.epoch ||
    compareParts(one.upstream, other.upstream) ||
    compareParts(one.revision, other.revision)
  );
};
