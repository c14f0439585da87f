import { describe, expect, it } from 'vitest';
import { brief, errorOf, errorsOf, marked, minimal, parse } from './helpers.js';

describe('readYaml', () => {
  it.each([
    ['', '1:1 VAPP_SPEC_EMPTY the spec is empty'],
    ['# only a comment\n', '1:1 VAPP_SPEC_EMPTY the spec is empty'],
    ['---\n', '1:1 VAPP_SPEC_EMPTY the spec is empty'],
    ['~\n', '1:1 VAPP_SPEC_EMPTY the spec is empty'],
    ['\ufeff', '1:1 VAPP_SPEC_EMPTY the spec is empty'],
    ['web\n', '1:1 VAPP_SPEC_NOT_MAPPING the spec must be a mapping of keys to values, not a scalar'],
    [
      '- appliance: web\n',
      '1:1 VAPP_SPEC_NOT_MAPPING the spec must be a mapping of keys to values, not a list',
    ],
    [
      'appliance: web\nos: debian-13\n---\nos: x\n',
      '3:1 VAPP_SPEC_DOCUMENTS the spec holds more than one YAML document',
    ],
    ['---\nappliance: web\n---\n', '3:1 VAPP_SPEC_DOCUMENTS the spec holds more than one YAML document'],
  ])('refuses %j', (text, expected) => {
    expect(brief(text)).toEqual([expected]);
  });

  it.each([
    ['a: [1', 1, 'close every [ with ] and every { with }'],
    ['a: "x', 1, 'close the quotes'],
    ['a: 1\n\tb: 2', 2, 'indent with spaces: YAML allows no tabs there'],
    ['a: b: c', 1, expect.stringContaining('put the value in quotes')],
    ['a: @x', 1, expect.stringContaining('put the value in quotes')],
    [`a: ${'['.repeat(100_000)}`, 1, 'no key of a spec is nested that deep'],
    ['a: "\\q"', 1, undefined],
    ['a: \u0007', 1, undefined],
  ])('tells where %j stops being YAML', (text, line, hint) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'VAPP_SPEC_YAML', at: { line } });
    expect(error.hint).toEqual(hint);
  });

  it('shows no control character of a broken spec', () => {
    expect(errorOf('a: \u001b[31m\u0007').at?.text).toBe('a: \ufffd[31m\ufffd');
  });

  it('refuses a key that stands twice, also in quotes', () => {
    const error = errorOf(minimal('memory: 1GiB', '"memory": 2GiB'));
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_DUPLICATE_KEY',
      why: 'it is already in line 3',
      at: { line: 4, column: 1, length: 8 },
    });
  });

  it('refuses keys that are no words', () => {
    expect(brief(minimal('? [a, b]', ': c', '1: x'))).toEqual([
      '3:3 VAPP_SPEC_YAML a key must be a word, not a list',
      '5:1 VAPP_SPEC_UNKNOWN_KEY there is no key "1"',
    ]);
  });

  it.each([
    ['packages: !set [curl]', 'unknown tag !set', '!set'],
    ['hostname: !secret x', 'unknown scalar tag !<!secret>', 'x'],
  ])('refuses the tag in %s', (line, message, place) => {
    const error = errorOf(minimal(line));
    expect(error).toMatchObject({ code: 'VAPP_SPEC_YAML', hint: 'remove the tag' });
    expect(error.message).toBe(message);
    expect(marked(error)).toBe(place);
  });

  it('takes standard tags', () => {
    expect(
      parse(minimal('hostname: !!str 12', 'packages: !!seq [curl]', "cpus: !!int '2'")).appliance,
    ).toMatchObject({
      hostname: '12',
      packages: ['curl'],
      cpus: 2,
    });
  });

  it('keeps words of YAML 1.1 as texts', () => {
    expect(parse(minimal('run: [no, on, 12:30, 1_000]')).appliance.run).toEqual([
      'no',
      'on',
      '12:30',
      '1_000',
    ]);
  });

  it('points at dashes without a value', () => {
    const spec = minimal('packages:', '  - # a - b', '  -', '  - curl', '  -');
    expect(brief(spec)).toEqual([
      '4:3 VAPP_SPEC_TYPE packages[0] has no value',
      '5:3 VAPP_SPEC_TYPE packages[1] has no value',
      '7:3 VAPP_SPEC_TYPE packages[3] has no value',
    ]);
  });

  it('reads blocks, folds and quotes', () => {
    const text = minimal(
      'run:',
      '  - |',
      '    one',
      '    two',
      '  - >-',
      '    three',
      '    four',
      '  - "f\\u0069ve"',
    );
    const resolved = parse(text);
    expect(resolved.appliance.run).toEqual(['one\ntwo\n', 'three four', 'five']);
    expect(resolved.locate('run[0]')).toMatchObject({ line: 5, column: 5, length: 3 });
    expect(resolved.locate('run[2]')).toMatchObject({ line: 10, column: 5, length: 11 });
  });

  it('reads carriage returns and a byte order mark as if they were not there', () => {
    const text = `\ufeff${minimal('hostname: web', 'memory: 1').replaceAll('\n', '\r\n')}`;
    const error = errorOf(text);
    expect(error.at).toEqual({ file: '/specs/web.yaml', line: 4, column: 9, length: 1, text: 'memory: 1' });
    expect(errorOf('\ufeffapplianc: web\r\nappliance: web\r\nos: debian-13').at).toMatchObject({
      line: 1,
      column: 1,
      text: 'applianc: web',
    });
  });

  it('counts characters, not code units', () => {
    const error = errorOf(minimal("users: [{ name: '😀', ssh_keys: [] }]"));
    expect(error.at).toMatchObject({ column: 17, length: 3 });
    expect(marked(error)).toBe("'😀'");
  });
});

describe('aliases', () => {
  it('stand for what they name', () => {
    const { appliance } = parse(
      minimal('hostname: &name web1', 'domain: *name', 'packages: &p [curl]', 'run: *p'),
    );
    expect(appliance).toMatchObject({ hostname: 'web1', domain: 'web1', packages: ['curl'], run: ['curl'] });
  });

  it('are located where they stand', () => {
    const error = errorOf(
      minimal('hostname: &name a_b', 'domain: *name')
        .replace('hostname: &name', 'run: [&name')
        .replace('a_b', 'a_b]'),
    );
    expect(error).toMatchObject({ at: { line: 4, column: 9, length: 5 } });
  });

  it('need an anchor before', () => {
    expect(brief(minimal('hostname: *name'))).toEqual([
      '3:11 VAPP_SPEC_YAML there is no anchor &name before this alias',
    ]);
  });

  it('may be a circle', () => {
    expect(brief(minimal('packages: &p [*p, curl]'))).toEqual([
      '3:15 VAPP_SPEC_TYPE packages[0] must be a text, not a list',
    ]);
    expect(errorsOf(minimal('root: &r', '  root: *r'))).toHaveLength(1);
  });

  it('cannot be made a bomb', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 60; i++) {
      const [name, before] = [String.fromCharCode(97) + i, i === 1 ? 'a' : `a${i - 1}`];
      lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`);
    }
    const errors = errorsOf(minimal(...lines, 'packages: *a59'));
    expect(errors).toHaveLength(60 + 10);
  });

  it('are no merge keys', () => {
    expect(errorOf(minimal('disk: &d { size: 4GiB }', '<<: *d')).code).toBe('VAPP_SPEC_UNKNOWN_KEY');
  });
});

describe('hostile specs', () => {
  it('pollute no prototype', () => {
    const text = minimal(
      '__proto__: { polluted: true }',
      'disk: { __proto__: { size: 1GiB }, constructor: 1 }',
    );
    expect(errorsOf(text).map(({ code }) => code)).toEqual(Array(3).fill('VAPP_SPEC_UNKNOWN_KEY'));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each(['hypervisor: __proto__', 'os: toString', 'arch: constructor'])(
    'have no words from the prototype: %s',
    (line) => {
      const text = line.startsWith('os') ? `appliance: web\n${line}\n` : minimal(line);
      expect(errorOf(text).code).toBe('VAPP_SPEC_VALUE');
    },
  );

  it('cost little when they are long', () => {
    const text = minimal(`packages: [${'curl,'.repeat(20_000)}]`, `${'x'.repeat(100_000)}: 1`);
    const errors = errorsOf(text);
    expect(errors).toHaveLength(101);
    expect(errors.at(-1)).toMatchObject({ code: 'VAPP_SPEC_MANY', message: 'there are 19900 more mistakes' });
  });
});
