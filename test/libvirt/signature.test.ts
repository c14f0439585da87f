import { describe, expect, test } from 'vitest';
import { prototypes } from '../../src/libvirt/prototypes.js';
import { checkArguments, parsePrototype } from '../../src/libvirt/signature.js';

const kinds = (prototype: string) => parsePrototype(prototype).parameters.map(({ kind }) => kind);

describe('parsePrototype', () => {
  test('tells texts, objects, numbers and memory apart', () => {
    expect(kinds('int f(virDomainPtr d, const char *xml, unsigned int flags, _Out_ int *state)')).toEqual([
      'pointer',
      'text',
      'integer',
      'memory',
    ]);
    expect(kinds('int virStreamSend(virStreamPtr st, const char *data, size_t nbytes)')).toEqual([
      'pointer',
      'memory',
      'integer',
    ]);
    expect(parsePrototype('virErrorPtr virGetLastError(void)')).toEqual({
      name: 'virGetLastError',
      parameters: [],
    });
  });

  test('understands every prototype of ours, each once', () => {
    const names = prototypes.map((prototype) => parsePrototype(prototype).name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => name.startsWith('vir'))).toBe(true);
  });

  test('refuses what is no prototype', () => {
    expect(() => parsePrototype('int x')).toThrow(SyntaxError);
  });
});

describe('checkArguments', () => {
  const { name, parameters } = parsePrototype('int f(virDomainPtr d, const char *xml, unsigned int flags)');
  const check = (...args: unknown[]) => checkArguments(name, parameters, args);

  test('passes what C reads right', () => {
    expect(() => check(1n, 'x', 0)).not.toThrow();
    expect(() => check(null, null, 2n)).not.toThrow();
  });

  test.each([
    [
      'a number for a text, which C would take for an address',
      [1n, 42, 0],
      'f: xml must be a string without NUL',
    ],
    ['a text that C would cut', [1n, 'a\0b', 0], 'f: xml must be a string without NUL'],
    ['undefined for a text', [1n, undefined, 0], 'f: xml must be a string without NUL'],
    ['a number for an object', [1, 'x', 0], 'f: d must be a libvirt object'],
    ['address 0', [0n, 'x', 0], 'f: d must be a libvirt object'],
    ['a fraction', [1n, 'x', 0.5], 'f: flags must be an integer'],
    ['a missing argument', [1n, 'x'], 'f takes 3 arguments, not 2'],
  ])('refuses %s', (_what, args, message) => {
    expect(() => check(...args)).toThrow(new TypeError(message));
  });
});
