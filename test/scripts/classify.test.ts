import { describe, expect, test } from 'vitest';
import { classify, globPattern, type Rule } from '../../scripts/compare/classify.mjs';
import type { Difference } from '../../scripts/compare/differences.mjs';

const nobody = { owners: new Map(), questions: new Map() };

const file = (key: string, how: string[], more: Partial<Difference> = {}): Difference => ({
  aspect: 'file',
  key,
  how,
  ...more,
});

const group = (rule: Partial<Rule>) => ({
  id: 'group',
  title: 'Group',
  rules: [{ aspect: 'file', keys: ['/etc/*'], reason: 'because', ...rule }],
});

const isExplained = (difference: Difference, rule: Partial<Rule>): boolean =>
  classify([difference], [group(rule)], { first: nobody, second: nobody }).explained.length === 1;

test.each([
  ['/etc/*', '/etc/fstab', true],
  ['/etc/*', '/etc/apt/x', false],
  ['/etc/**', '/etc/apt/x', true],
  ['/boot/grub', '/boot/grub/x', false],
  ['/a.b', '/axb', false],
  ['*', 'ssh.service', true],
])('%s fits %s: %s', (glob, key, fits) => {
  expect(globPattern(glob).test(key)).toBe(fits);
});

describe('a rule explains', () => {
  test('only its aspect, its keys and its kinds of difference', () => {
    expect(isExplained(file('/etc/fstab', ['content']), {})).toBe(true);
    expect(isExplained(file('/etc/fstab', ['content']), { aspect: 'unit' })).toBe(false);
    expect(isExplained(file('/usr/x', ['content']), {})).toBe(false);
    expect(isExplained(file('/etc/fstab', ['content', 'mode']), { how: ['content'] })).toBe(false);
    expect(isExplained(file('/etc/fstab', ['content']), { how: ['content', 'mode'] })).toBe(true);
  });

  test('other content only when each differing line fits', () => {
    const lines = { first: ['UUID=1 / ext4'], second: ['UUID=2 / ext4'] };
    const rule = { lines: ['^UUID=\\S+ / '] };
    expect(isExplained(file('/etc/fstab', ['content'], { lines }), rule)).toBe(true);
    const bad = { first: ['UUID=1 / ext4'], second: ['UUID=2 / ext4', 'tmpfs /tmp'] };
    expect(isExplained(file('/etc/fstab', ['content'], { lines: bad }), rule)).toBe(false);
    expect(isExplained(file('/etc/fstab', ['content']), rule)).toBe(false);
  });

  test('nothing: then it tells that it was of no use', () => {
    const where = { first: nobody, second: nobody };
    expect(classify([], [group({})], where).unused).toEqual([{ group: 'group', keys: ['/etc/*'] }]);
    expect(classify([file('/etc/fstab', ['content'])], [group({})], where).unused).toEqual([]);
  });
});

describe('what belongs to a package that one side alone has', () => {
  const gone: Difference = { aspect: 'package', key: 'p', how: ['only-first'] };
  const first = {
    owners: new Map([
      ['/usr/bin/p', ['p']],
      ['/usr/share', ['p', 'q']],
      ['/usr/lib/systemd/system/p.service', ['p']],
    ]),
    questions: new Map([['p/question', ['p']]]),
  };
  const explainedBy = (...differences: Difference[]) =>
    classify([gone, ...differences], [], { first, second: nobody }).explained.map(
      ({ difference }) => difference.key,
    );

  test('follows from it: files, bookkeeping, units, questions', () => {
    expect(
      explainedBy(
        file('/usr/bin/p', ['only-first']),
        file('/var/lib/dpkg/info/p.list', ['only-first']),
        file('/var/lib/dpkg/info/p:amd64.md5sums', ['only-first']),
        { aspect: 'unit', key: 'p.service', how: ['only-first'] },
        { aspect: 'question', key: 'p/question', how: ['only-first'] },
        { aspect: 'automatic', key: 'p', how: ['only-first'] },
      ),
    ).toHaveLength(6);
  });

  test('is not: the package itself, shared things, things of the other side, other content', () => {
    expect(
      explainedBy(
        file('/usr/share', ['only-first']),
        file('/usr/bin/p', ['only-second']),
        file('/usr/bin/p', ['content']),
        file('/etc/p.conf', ['only-first']),
      ),
    ).toEqual([]);
  });

  test('follows too when the package is of another version, whatever the difference is', () => {
    const newer: Difference = { aspect: 'package', key: 'p', how: ['version'] };
    const differences = [newer, file('/usr/bin/p', ['content']), file('/usr/share', ['mode'])];
    const { explained, unexplained } = classify(differences, [], { first, second: first });
    expect(explained.map(({ difference }) => difference.key)).toEqual(['/usr/bin/p']);
    expect(unexplained.map(({ key }) => key)).toEqual(['p', '/usr/share']);
  });
});
