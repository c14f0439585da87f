import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { specKeys, specManual } from '../../src/spec/index.js';

it('docs/spec.md is up to date (npm run build && scripts/docs.mjs)', () => {
  expect(readFileSync(new URL('../../docs/spec.md', import.meta.url), 'utf8')).toBe(specManual());
});

it('tells of every key', () => {
  for (const key of Object.keys(specKeys)) expect(specManual()).toContain(`### ${key}\n`);
});
