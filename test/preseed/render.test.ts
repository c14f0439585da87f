import { describe, expect, it } from 'vitest';
import { VappError } from '../../src/errors.js';
import type { PreseedLine } from '../../src/preseed/line.js';
import { lastWins, renderPreseed } from '../../src/preseed/render.js';

const line = (question: string, value: string, more: Partial<PreseedLine> = {}): PreseedLine => ({
  owner: 'd-i',
  question,
  type: 'string',
  value,
  from: 'vapp',
  ...more,
});

describe('lastWins', () => {
  it('keeps the place of the first and the words of the last answer to a question', () => {
    const lines = [line('a/a', '1'), line('b/b', '2'), line('a/a', '3', { from: 'preseed[0]' })];
    expect(lastWins(lines).map(({ question, value }) => [question, value])).toEqual([
      ['a/a', '3'],
      ['b/b', '2'],
    ]);
  });

  it('keeps an answer beside the flag of the same question', () => {
    expect(lastWins([line('a/a', '1'), line('a/a', 'false', { type: 'seen' })])).toHaveLength(2);
  });
});

describe('renderPreseed', () => {
  it('names the origin above the lines that have it', () => {
    const lines = [line('a/a', '1'), line('b/b', '2'), line('c/c', '', { from: 'locale', type: 'note' })];
    expect(renderPreseed(lines)).toBe('# vapp\nd-i a/a string 1\nd-i b/b string 2\n# locale\nd-i c/c note\n');
  });

  it.each(['a\nd-i x/y string z', 'a\\', 'a\r', ' a', 'a\u2028b'])(
    'writes no line with the value %j',
    (value) => {
      expect(() => renderPreseed([line('a/a', value)])).toThrow(VappError);
    },
  );

  it('lets no origin break its comment', () => {
    expect(renderPreseed([line('a/a', '1', { from: 'x\nd-i b/b string 2' })]).split('\n')).toHaveLength(3);
  });
});
