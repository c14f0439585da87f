import { describe, expect, it } from 'vitest';
import { VappError } from '../../src/errors.js';
import { type PreseedLine, parsePreseedLine } from '../../src/preseed/line.js';

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
