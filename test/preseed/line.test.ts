import { describe, expect, it } from 'vitest';
import { VappError } from '../../src/errors.js';
import { lastWins, type PreseedLine, parsePreseedLine, renderPreseed } from '../../src/preseed/line.js';

const line = (question: string, value: string, more: Partial<PreseedLine> = {}): PreseedLine => ({
  owner: 'd-i',
  question,
  type: 'string',
  value,
  from: 'vapp',
  ...more,
});

describe('parsePreseedLine', () => {
  it('reads owner, question, type and a value with spaces', () => {
    expect(
      parsePreseedLine('  d-i  partman-auto/expert_recipe string  root :: 900 -1 ext4 .  ', 'preseed[2]'),
    ).toEqual(line('partman-auto/expert_recipe', 'root :: 900 -1 ext4 .', { from: 'preseed[2]' }));
  });

  it('reads an empty value, and a flag', () => {
    expect(parsePreseedLine('tasksel tasksel/first multiselect')).toMatchObject({
      type: 'multiselect',
      value: '',
    });
    expect(parsePreseedLine('d-i time/zone seen false')).toMatchObject({ type: 'seen', value: 'false' });
  });

  it.each([
    ['d-i time/zone', 'needs an owner, a question and a type'],
    ['# d-i time/zone select UTC', 'needs an owner, a question and a type'],
    ['d-i time/zone selekt UTC', 'the types are'],
    ['d-i zone select UTC', 'names look like time/zone'],
    ['d-i clock-setup/utc boolean yes', 'true or false'],
    ['d-i time/zone select UTC \\', 'join the next line'],
    ['d-i time/zone select UTC\nd-i a/b string c', 'one answer'],
    ['d-i time/zone select U\u0007TC', 'one answer per line'],
    ['$(id) time/zone select UTC', 'begins with d-i'],
  ])('refuses %j', (text, why) => {
    const result = parsePreseedLine(text);
    expect(result).toBeInstanceOf(VappError);
    expect(result).toMatchObject({ code: 'VAPP_PRESEED_LINE', why: expect.stringContaining(why) });
    expect((result as VappError).hint).toBeTruthy();
  });
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
