import { describe, expect, test } from 'vitest';
import { compareInventories } from '../../scripts/compare/differences.mjs';
import { systemOf } from './inventory-support.js';

test('a system does not differ from itself', () => {
  expect(compareInventories(systemOf(), systemOf())).toEqual([]);
});

test('tells what one side alone has, and which fields of the others differ', () => {
  const second = systemOf({
    packages: 'env\t1.0-2\tii \nnew\t1\tii \n',
    units: '[{"unit_file":"ssh.service","state":"disabled","preset":null}]',
  });
  const found = compareInventories(systemOf(), second);
  expect(found.map(({ aspect, key, how }) => [aspect, key, how])).toEqual([
    ['package', 'env', ['version']],
    ['package', 'libx', ['only-first']],
    ['package', 'new', ['only-second']],
    ['unit', 'ssh.service', ['state']],
  ]);
  expect(found[0]).toMatchObject({ first: { version: '1.0-1' }, second: { version: '1.0-2' } });
});

describe('of a file', () => {
  const files = (mode: string) => `${mode} 0 0 9 0:0 ./etc/fstab\n`;
  const sums = (digit: string) => `${digit.repeat(64)}  ./etc/fstab\n`;
  const first = systemOf(
    { files: files('81a4'), sums: sums('a') },
    { '/etc/fstab': 'same\nUUID=1 /\nsame\n' },
  );

  test('other permissions are a difference of their own', () => {
    const second = systemOf({ files: files('8180'), sums: sums('a') });
    expect(compareInventories(first, second)).toMatchObject([{ key: '/etc/fstab', how: ['mode'] }]);
  });

  test('other content is shown by the lines that one side alone has', () => {
    const second = systemOf({ files: files('81a4'), sums: sums('b') }, { '/etc/fstab': 'same\nUUID=2 /\n' });
    expect(compareInventories(first, second)).toMatchObject([
      { how: ['content'], lines: { first: ['UUID=1 /', 'same'], second: ['UUID=2 /'] } },
    ]);
  });

  test('other content without a text at hand has no lines', () => {
    const second = systemOf({ files: files('81a4'), sums: sums('b') });
    expect(compareInventories(first, second)[0]).not.toHaveProperty('lines');
  });
});
