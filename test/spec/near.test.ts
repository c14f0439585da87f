import { expect, it } from 'vitest';
import { distance, nearest } from '../../src/spec/near.js';

it.each([
  ['', '', 0],
  ['abc', '', 3],
  ['memry', 'memory', 1],
  ['mirorr', 'mirror', 1],
  ['ca', 'abc', 3],
  ['kitten', 'sitting', 3],
])('distance of %j and %j is %i', (a, b, expected) => {
  expect(distance(a, b)).toBe(expected);
  expect(distance(b, a)).toBe(expected);
});

it.each([
  ['cpu', 'cpus'],
  ['CPUS', 'cpus'],
  ['pakages', 'packages'],
  ['os', 'os'],
  ['xy', undefined],
  ['nothing', undefined],
  ['x'.repeat(1000), undefined],
])('nearest of %s is %s', (word, expected) => {
  expect(nearest(word, ['os', 'cpus', 'packages', 'hostname'])).toBe(expected);
});
