import { expect, test } from 'vitest';
import { parseDuration } from '../src/duration.js';

test.each([
  ['0s', 0],
  ['90s', 90],
  ['5min', 300],
  ['12h', 43_200],
  ['30d', 2_592_000],
  ['2w', 1_209_600],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each(['', '30', 'd', '-1d', '1.5h', '1m', '1 d', '1d ', '1y', '9999999999d'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
