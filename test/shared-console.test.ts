import { describe, expect, it } from 'vitest';
import { splitConsole } from '../src/shared-console.js';

/** What comes out of both sides when the text goes in cut into pieces of `size` bytes. */
function split(text: string, size = 1000): { first: string; second: string } {
  const out = { first: '', second: '' };
  const push = splitConsole({
    first: (chunk) => {
      out.first += chunk.toString('utf8');
    },
    second: (chunk) => {
      out.second += chunk.toString('utf8');
    },
  });
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));
  return out;
}

describe('splitConsole', () => {
  it('leaves a console without marks as it is', () => {
    expect(split('Linux version 6\r\n\x1b[1mPrompt: ')).toEqual({
      first: 'Linux version 6\r\n\x1b[1mPrompt: ',
      second: '',
    });
  });

  it.each([1, 2, 3, 7, 1000])('takes a marked line out of the middle of another, in pieces of %i', (size) => {
    expect(split('Retrieving... 10%\x1eNov 25 main-menu: hello\r\n... 20%\r\n\x1esecond\n', size)).toEqual({
      first: 'Retrieving... 10%... 20%\r\n',
      second: 'Nov 25 main-menu: hello\nsecond\n',
    });
  });

  it('begins a new line where a mark stands in a marked line', () => {
    expect(split('\x1ehalf a li\x1ewhole line\nconsole').second).toBe('half a li\nwhole line\n');
  });
});
