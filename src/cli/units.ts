import { parseDuration } from '../duration.js';
import { VappError } from '../errors.js';
import { parseSize } from '../spec/size.js';

/** The seconds of an option such as `--older-than 30d`; undefined when it is not given. Throws VAPP_USAGE. */
export const durationOption = (name: string, value: unknown): number | undefined =>
  parsed(name, value, parseDuration, 'a whole number and s, min, h, d or w, such as 30d');

/** The bytes of an option such as `--keep-size 5GiB`; undefined when it is not given. Throws VAPP_USAGE. */
export const sizeOption = (name: string, value: unknown): number | undefined =>
  parsed(name, value, parseSize, 'a number and its unit, such as 5GiB or 500MB');

function parsed(
  name: string,
  value: unknown,
  parse: (text: string) => number | undefined,
  form: string,
): number | undefined {
  if (value === undefined) return undefined;
  const result = parse(String(value));
  if (result !== undefined) return result;
  throw new VappError('VAPP_USAGE', `--${name} cannot be ${JSON.stringify(value)}`, { why: `it is ${form}` });
}

/** The value of an option that counts something, from 1 on. Throws VAPP_USAGE. */
export function countOption(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const count = /^\d{1,6}$/.test(String(value)) ? Number(value) : 0;
  if (count > 0) return count;
  throw new VappError(
    'VAPP_USAGE',
    `--${name} takes a whole number from 1 on, not ${JSON.stringify(value)}`,
    {
      hint: `--${name} 2`,
    },
  );
}
