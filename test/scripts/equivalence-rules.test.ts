import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { globPattern, type RuleGroup } from '../../scripts/compare/classify.mjs';
import { systemOf } from './inventory-support.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const groups = JSON.parse(read('scripts/equivalence-rules.json')) as RuleGroup[];
const rules = groups.flatMap((group) => group.rules);

test('each group of rules has its section in docs/equivalence.md', () => {
  const page = read('docs/equivalence.md');
  for (const { id, title } of groups) expect(page).toContain(`## ${title} (\`${id}\`)`);
});

test('each rule names an aspect, keys and a reason, and its patterns are well-formed', () => {
  const aspects = Object.keys(systemOf().aspects);
  for (const { aspect, keys, lines = [], reason } of rules) {
    expect(aspects).toContain(aspect);
    expect(keys.length).toBeGreaterThan(0);
    expect(reason).toMatch(/\S/);
    for (const line of lines) expect(() => new RegExp(line)).not.toThrow();
  }
});

test.each([
  '/usr/bin/env',
  '/usr/lib/x86_64-linux-gnu/libc.so.6',
  '/etc/ssh/sshd_config',
  '/usr/share/doc/apt/copyright',
])('no rule explains a difference of %s', (path) => {
  const patterns = rules
    .filter(({ aspect }) => aspect === 'file')
    .flatMap(({ keys }) => keys.map(globPattern));
  expect(patterns.some((pattern) => pattern.test(path))).toBe(false);
});
