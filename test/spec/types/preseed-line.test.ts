import { describe, expect, it } from 'vitest';
import { brief, errorOf, minimal, parse } from '../helpers.js';

const preseedOf = (...items: string[]): string[] =>
  parse(minimal('preseed:', ...items.map((item) => `  - ${item}`))).appliance.preseed;

describe('preseed', () => {
  it('keeps good lines as they are', () => {
    const lines = [
      'd-i time/zone string Etc/UTC',
      'd-i time/zone seen false',
      'tasksel tasksel/first multiselect',
      'postfix postfix/main_mailer_type select No configuration',
    ];
    expect(preseedOf(...lines)).toEqual(lines);
  });

  it('takes a line with a # and with colons', () => {
    expect(preseedOf("'d-i preseed/run string echo a: b # c'")).toEqual([
      'd-i preseed/run string echo a: b # c',
    ]);
  });

  it('tells each mistake at its item', () => {
    const text = minimal(
      'preseed:',
      '  - d-i time/zone strng UTC',
      '  - d-i time/zone',
      '  - d-i clock-setup/utc boolean yes',
      "  - '# a comment'",
      "  - ''",
      '  - d-i passwd/make-user boolean false',
      '  - 12',
    );
    expect(brief(text).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      '4:5 VAPP_PRESEED_LINE',
      '5:5 VAPP_PRESEED_LINE',
      '6:5 VAPP_PRESEED_LINE',
      '7:5 VAPP_PRESEED_LINE',
      '8:5 VAPP_PRESEED_LINE',
      '10:5 VAPP_SPEC_TYPE',
    ]);
  });

  it.each([
    ['tasksel tasksel/first multiselect standard', 'a task is a package: packages: [task-ssh-server]'],
    ['d-i pkgsel/run_tasksel boolean true', 'a task is a package: packages: [task-ssh-server]'],
    ['d-i base-installer/includes string vim, less', 'packages: [vim, less]'],
  ])('refuses what would have no effect: %s', (line, hint) => {
    expect(errorOf(minimal(`preseed: ['${line}']`))).toMatchObject({
      code: 'VAPP_PRESEED_LINE',
      message: 'preseed[0] would have no effect',
      hint,
      at: { line: 3 },
    });
  });

  it('says what to do with comments and empty items', () => {
    expect(errorOf(minimal("preseed: ['# a']"))).toMatchObject({
      message: 'preseed[0] is a comment',
      hint: 'write comments as comments of YAML, outside the quotes',
    });
    expect(errorOf(minimal('preseed:', '  -', '  - d-i a/b string c'))).toMatchObject({
      message: 'preseed[0] is empty',
      hint: 'remove the item',
      at: { line: 4, column: 3 },
    });
  });
});
