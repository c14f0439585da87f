import { expect, test } from 'vitest';
import { table } from '../../src/cli/table.js';

test('columns are as wide as their widest cell; no line ends in blanks', () => {
  expect(
    table(
      ['A', 'LONG', 'C'],
      [
        ['1', '2', ''],
        ['wide cell', '', '3'],
      ],
    ),
  ).toBe(['A          LONG  C', '1          2', 'wide cell        3'].join('\n'));
});

test('without rows the head alone', () => {
  expect(table(['A', 'B'], [])).toBe('A  B');
});
