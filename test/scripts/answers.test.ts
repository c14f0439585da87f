import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { fill, plainAnswers } from '../../scripts/measure/answers.mjs';
import { VappError } from '../../src/errors.js';
import { parsePreseedLine } from '../../src/preseed/index.js';

describe('the hand-written preseed', () => {
  const text = plainAnswers({ mirror: 'http://mirror.example:8080/debian', proxy: 'http://10.0.2.2:3142' });

  test('debconf takes every line', () => {
    expect(() =>
      execFileSync('debconf-set-selections', ['--checkonly'], {
        input: text,
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    ).not.toThrow();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(
      lines.map((line) => parsePreseedLine(line, 'baseline')).filter((l) => l instanceof VappError),
    ).toEqual([]);
  });

  test('goes to the mirror through the proxy', () => {
    expect(text).toContain('mirror/http/hostname string mirror.example:8080\n');
    expect(text).toContain('mirror/http/directory string /debian\n');
    expect(text).toContain('mirror/http/proxy string http://10.0.2.2:3142\n');
  });
});

test('a hole without a value is an error', () => {
  expect(fill('a @ONE@ b@c.example', { ONE: '1' })).toBe('a 1 b@c.example');
  expect(() => fill('@TWO@', {})).toThrow('@TWO@');
});
