import { expect, test } from 'vitest';
import { bar, bytes, clock, roughly } from '../../src/report/format.js';

test.each([
  [0, '0:00'],
  [7.9, '0:07'],
  [125, '2:05'],
  [3725, '1:02:05'],
  [-3, '0:00'],
])('clock(%d)', (seconds, text) => expect(clock(seconds)).toBe(text));

test.each([
  [0, 'about 5 s'],
  [42, 'about 45 s'],
  [55, 'about 1 min'],
  [130, 'about 2 min'],
  [3569, 'about 59 min'],
  [5400, 'about 1.5 h'],
])('roughly(%d)', (seconds, text) => expect(roughly(seconds)).toBe(text));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [17_400, '17 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [151_543_988, '152 MB'],
  [2e9, '2.0 GB'],
])('bytes(%d)', (count, text) => expect(bytes(count)).toBe(text));

test('bar', () => {
  expect([0, 0.5, 1, 2, -1].map((fraction) => bar(fraction, 4, ['#', '.']))).toEqual([
    '....',
    '##..',
    '####',
    '####',
    '....',
  ]);
});
