const binary = 1024;
const decimal = 1000;
const powers = ['', 'K', 'M', 'G', 'T', 'P'];

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
export const TiB = 1024 ** 4;

/** What `parseSize` takes, as a regular expression for people and for the JSON schema. */
export const sizePattern = '^[0-9]+(\\.[0-9]+)? ?([kKMGTP](iB|B)?|B)$';

/**
 * A size with its unit, as libvirt's scaled integers write it: `K`, `KiB`, `M`, … are powers of 1024; `KB`, `MB`, … of
 * 1000 (https://libvirt.org/formatdomain.html#memory-allocation). Decimal fractions are allowed. In bytes, rounded up;
 * undefined when it is no size or not exact in a double.
 */
export const parseSize = (text: string): number | undefined => {
  if (!new RegExp(sizePattern).test(text)) return undefined;
  const [, figure, letter = '', suffix] = /^([0-9.]+) ?([kKMGTP]?)(iB|B)?$/.exec(text)!;
  const base = letter !== '' && suffix === 'B' ? decimal : binary;
  const bytes = Math.ceil(Number(figure) * base ** powers.indexOf(letter.toUpperCase()));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

/** The shortest exact way to write a number of bytes: `1GiB`, `1536MiB`, `5B`. */
export const formatSize = (bytes: number): string => {
  let power = 0;
  let rest = bytes;
  while (power < powers.length - 1 && rest !== 0 && rest % binary === 0) {
    rest /= binary;
    power++;
  }
  return `${rest}${powers[power]}${power === 0 ? 'B' : 'iB'}`;
};
