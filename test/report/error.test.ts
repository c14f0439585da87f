import { describe, expect, test } from 'vitest';
import { VappError, VappErrors } from '../../src/errors.js';
import { renderError } from '../../src/report/error.js';

const at = { file: '/home/me/web.yaml', line: 12, column: 3, length: 6, text: '  memroy: 1GiB' };
const full = new VappError('VAPP_SPEC_UNKNOWN_KEY', 'unknown key memroy', {
  at,
  why: 'a spec has only the keys of its table',
  hint: 'did you mean memory?',
});

describe('an error for people', () => {
  test('says what, where, why and what to type', () => {
    expect(renderError(full, { cwd: '/home/me' }).split('\n')).toEqual([
      'error: unknown key memroy  VAPP_SPEC_UNKNOWN_KEY',
      '  web.yaml:12:3',
      '  12 │   memroy: 1GiB',
      '     │   ^^^^^^',
      '  a spec has only the keys of its table',
      '  → did you mean memory?',
    ]);
  });

  test('keeps the whole path of a file elsewhere, and needs no text of the line', () => {
    const error = new VappError('VAPP_SPEC_FILE', 'cannot read', {
      at: { file: '/etc/x.yaml', line: 1, column: 1 },
    });
    expect(renderError(error, { cwd: '/home/me' })).toBe(
      'error: cannot read  VAPP_SPEC_FILE\n  /etc/x.yaml:1:1',
    );
  });

  test('puts the caret under the right cell after tabs and wide characters', () => {
    const error = new VappError('VAPP_SPEC_VALUE', 'bad', {
      at: { file: 'a', line: 1, column: 6, length: 2, text: '\t日本: x日' },
    });
    expect(renderError(error).split('\n').slice(2)).toEqual(['  1 │  日本: x日', '    │        ^^^']);
  });

  test('shows only the neighbourhood of the caret of a very long line', () => {
    const text = `${'a'.repeat(300)}HERE${'b'.repeat(300)}`;
    const error = new VappError('VAPP_SPEC_VALUE', 'bad', {
      at: { file: 'a', line: 1, column: 301, length: 4, text },
    });
    const [shown, caret] = renderError(error).split('\n').slice(2);
    expect(shown).toBe(`  1 │ ${'a'.repeat(40)}HERE${'b'.repeat(56)}`);
    expect(caret).toBe(`    │ ${' '.repeat(40)}^^^^`);
  });

  test('several errors stand one after the other', () => {
    const errors = new VappErrors([full, new VappError('VAPP_SPEC_RANGE', 'disk is too small')]);
    expect(renderError(errors).split('\n\n')).toEqual([
      renderError(full),
      'error: disk is too small  VAPP_SPEC_RANGE',
    ]);
  });

  test('an excerpt is set off', () => {
    const error = new VappError('VAPP_INSTALLER_QUESTION', 'the installer asks: Continue?', {
      excerpt: 'Partition disks\n---------------\n  1: Yes',
    });
    expect(renderError(error).split('\n').slice(1)).toEqual([
      '  │ Partition disks',
      '  │ ---------------',
      '  │   1: Yes',
    ]);
  });

  test('an unknown error is one plain line and a bug', () => {
    expect(renderError(new TypeError('x is not a function\n    at y'))).toBe(
      'error: x is not a function\n  → This is a bug in vapp. Run the same command with --debug and report what it shows.',
    );
    expect(renderError('text')).toContain('error: text\n');
  });

  test('stack and causes come with debug only', () => {
    const cause = new Error('ECONNREFUSED', { cause: new Error('deeper') });
    const error = new VappError('VAPP_ARCHIVE_UNREACHABLE', 'cannot fetch', { cause });
    expect(renderError(error)).not.toMatch(/caused by|ECONNREFUSED|error\.test/);
    const text = renderError(error, { debug: true });
    expect(text).toMatch(/error\.test\.ts/);
    expect(text.split('caused by:')).toHaveLength(3);
    expect(text).toMatch(/ECONNREFUSED[\s\S]*deeper/);
  });

  test('a chain of causes that bites its tail ends', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(renderError(error, { debug: true }).match(/caused by/g)).toHaveLength(9);
  });

  test('no text of it reaches the terminal as a command', () => {
    const evil = '\x1b[2J\x1b]0;owned\x07a\x9b31mb\u202ec\x08\r\x00d';
    const error = new VappError('VAPP_X_Y', evil, {
      why: evil,
      hint: evil,
      excerpt: evil,
      at: { file: evil, line: 1, column: 1, text: evil },
    });
    expect(renderError(error, { debug: true })).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
    expect(renderError(error)).toMatch(/^error: abcd {2}VAPP_X_Y/);
  });

  test('credentials of URLs are hidden, the caret stays in place', () => {
    const text = 'mirror: http://me:s3cret@mirror.example/debian x';
    const error = new VappError('VAPP_SPEC_VALUE', 'cannot use http://me:s3cret@mirror.example/', {
      why: 'it is http://me:s3c@ret@mirror.example/',
      at: { file: 'a', line: 1, column: text.length, text },
    });
    const lines = renderError(error, { debug: true }).split('\n');
    expect(lines.join('\n')).not.toMatch(/s3c/);
    expect(lines[0]).toContain('http://•••@mirror.example/');
    expect(lines[3]!.indexOf('^')).toBe(lines[2]!.length - 1);
  });

  test('colour marks what matters, and is off unless asked for', () => {
    expect(renderError(full)).not.toContain('\x1b');
    expect(renderError(full, { color: true })).toMatch(
      /\x1b\[31m\x1b\[1merror:\x1b\[22m\x1b\[39m .*\x1b\[2mVAPP_SPEC_UNKNOWN_KEY\x1b\[22m/,
    );
  });
});
