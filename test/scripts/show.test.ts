import { describe, expect, test } from 'vitest';
import { showDifference, showResult } from '../../scripts/compare/show.mjs';

const changed = {
  aspect: 'package',
  key: 'env',
  how: ['version'],
  first: { version: '1', status: 'ii' },
  second: { version: '2', status: 'ii' },
};

describe('a difference', () => {
  test('shows the fields that differ, of both sides', () => {
    expect(showDifference(changed)).toBe('  package env: version 1 -> version 2');
  });

  test('of one side shows all that is known', () => {
    const only = { ...changed, how: ['only-second'], first: undefined };
    expect(showDifference(only)).toBe('  package env: only in the second (version 2, status ii)');
  });

  test('of a text shows its lines', () => {
    const text = {
      aspect: 'file',
      key: '/etc/fstab',
      how: ['content'],
      lines: { first: ['a'], second: ['b'] },
    };
    expect(showDifference(text).split('\n').slice(1)).toEqual(['    - a', '    + b']);
  });
});

test('a result counts what is explained and lists what is not', () => {
  const explained = [
    { difference: changed, group: 'identity', reason: 'each has its own' },
    { difference: changed, group: 'identity', reason: 'each has its own' },
  ];
  const text = showResult({ explained, unexplained: [changed], unused: [] });
  expect(text).toBe(
    ['identity: 2', '  2 x each has its own', 'unexplained: 1', '  package env: version 1 -> version 2'].join(
      '\n',
    ),
  );
});
