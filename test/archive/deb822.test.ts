import { describe, expect, it } from 'vitest';
import { parseDeb822 } from '../../src/archive/deb822.js';

describe('parseDeb822', () => {
  it('reads paragraphs between empty lines, comments and folded values', () => {
    const text =
      '# who\nTypes: deb\nURIs: http://mirror.example/debian\n# between\nSuites: a\n b\n\tc\n\n \n\nTypes:deb-src\n';
    expect(parseDeb822(text).map((fields) => Object.fromEntries(fields))).toEqual([
      { Types: 'deb', URIs: 'http://mirror.example/debian', Suites: 'a\nb\nc' },
      { Types: 'deb-src' },
    ]);
  });

  it('keeps colons, dots and empty values', () => {
    const [fields] = parseDeb822('Description: short: one\n .\n  indented\nEmpty:\n');
    expect(fields?.get('Description')).toBe('short: one\n.\n indented');
    expect(fields?.get('Empty')).toBe('');
  });

  it('bears CRLF and no last newline, and passes over what is no field', () => {
    expect([...(parseDeb822('A: 1\r\nnonsense\r\n lost\r\nB: 2')[0] ?? [])]).toEqual([
      ['A', '1'],
      ['B', '2'],
    ]);
    expect(parseDeb822('')).toEqual([]);
    expect(parseDeb822('\n\n# nothing\n')).toEqual([]);
  });
});
