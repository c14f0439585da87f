import { describe, expect, it } from 'vitest';
import { compilePreseed } from '../../src/preseed/index.js';
import { releases } from '../../src/releases.js';
import { keyRows } from '../../src/spec/keys.js';
import { minimal, parse } from './helpers.js';

describe('the key table', () => {
  it('says something of every key', () => {
    for (const { help, type } of keyRows.values()) {
      expect(help).toMatch(/^[A-Z].*\.$/);
      expect(type.name).not.toBe('');
    }
  });

  it('names exactly the questions that the compiled preseed answers from each key', () => {
    const { appliance } = parse(minimal('packages: [curl]'));
    const lines = compilePreseed(appliance, {
      proxy: 'http://10.0.2.2:3142',
      release: releases['debian-13']!,
      extraPackages: [],
    });
    for (const [key, { questions }] of keyRows) {
      const answered = lines.filter(({ from }) => from === key).map(({ question }) => question);
      expect([key, ...answered.sort()]).toEqual([key, ...[...questions].sort()]);
    }
  });
});
