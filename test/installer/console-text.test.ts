import { describe, expect, test } from 'vitest';
import { ConsoleText } from '../../src/installer/console-text.js';

const read = (...chunks: (string | Uint8Array)[]) => {
  const text = new ConsoleText();
  return { lines: chunks.flatMap((chunk) => text.push(chunk)), open: text.open };
};

describe('console text', () => {
  test('lines end with LF, CR LF or CR CR LF, and one may be open', () => {
    expect(read('one\ntwo\r\nthree\r\r\nfour')).toEqual({ lines: ['one', 'two', 'three'], open: 'four' });
  });

  test('a line end may be split over two chunks', () => {
    expect(read('one\r', '\ntwo\n')).toEqual({ lines: ['one', 'two'], open: '' });
  });

  test('a carriage return begins the line anew', () => {
    expect(read('loading 10%\rloading 20%\rdone\n').lines).toEqual(['done']);
    expect(read('91%\r', 'The system\n').lines).toEqual(['The system']);
  });

  test('a backspace takes the character before it', () => {
    expect(read('abx\bc\b\bBC\n').lines).toEqual(['aBC']);
    expect(read('ab', '\b', 'c\n').lines).toEqual(['ac']);
  });

  test('escape sequences go, wherever a chunk cuts them', () => {
    const text = 'a\x1b[1;31mb\x1b[0mc\x1b]0;title\x07d\x1b(Be\x1bcf\x1b]0;x\x1b\\g\n';
    for (let at = 0; at <= text.length; at++) {
      expect(read(text.slice(0, at), text.slice(at)).lines).toEqual(['abcdefg']);
    }
  });

  test('a sequence that never ends does not swallow the rest', () => {
    const { lines } = read(`\x1b]0;${'x'.repeat(300)}\nnext\n`, 'more\n');
    expect(lines.slice(-2)).toEqual(['next', 'more']);
  });

  test('UTF-8 may be cut inside a character', () => {
    const bytes = Buffer.from('größe\n');
    for (let at = 0; at <= bytes.length; at++) {
      expect(read(bytes.subarray(0, at), bytes.subarray(at)).lines).toEqual(['größe']);
    }
  });

  test('an endless line is cut', () => {
    expect(read('x'.repeat(10_000)).open).toHaveLength(4096);
  });
});
