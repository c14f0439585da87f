import { expect, it } from 'vitest';
import { Source } from '../../src/spec/source.js';

const source = new Source('a.yaml', '\ufeffone: 1\r\ntwo: 😀x\rthree:\u2028 3\n\n');

it.each([
  [0, 4, { line: 1, column: 1, length: 3, text: 'one: 1' }],
  [1, 4, { line: 1, column: 1, length: 3, text: 'one: 1' }],
  [6, 7, { line: 1, column: 6, length: 1, text: 'one: 1' }],
  [9, 12, { line: 2, column: 1, length: 3, text: 'two: 😀x' }],
  [16, 17, { line: 2, column: 7, length: 1, text: 'two: 😀x' }],
  [18, 99, { line: 3, column: 1, length: 9, text: 'three:\u2028 3' }],
  [28, 28, { line: 4, column: 1, length: 1, text: '' }],
  [99, 100, { line: 5, column: 1, length: 1, text: '' }],
])('location of %i to %i', (start, end, expected) => {
  expect(source.location({ start, end })).toEqual({ file: 'a.yaml', ...expected });
});

it.each([
  ['password: secret', 'password: ••••••'],
  ['{ password: ab, name: c }', '{ password: ••, name: c }'],
  ['{ password: "a, b", password: c }', '{ password: ••••••, password: • }'],
  ['password: a, b', 'password: ••••'],
  ['passwd: "s e"', 'passwd: •••••'],
  ['password: { env: NAME }', 'password: { env: NAME }'],
  ['packages: [passwd]', 'packages: [passwd]'],
  ['a: \u001b[31m', 'a: \ufffd[31m'],
])('shows %j as %j', (text, shown) => {
  expect(new Source('a', text).location({ start: 0, end: 1 }).text).toBe(shown);
});
