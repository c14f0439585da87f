import { describe, expect, it } from 'vitest';
import { MiB } from '../../src/spec/size.js';
import { brief, errorOf, marked, minimal, parse } from './helpers.js';

const sizes: Record<string, number> = { '/specs/small': 10, '/specs/half': 32 * MiB, '/home/ann/x': 1 };
const fileSize = (path: string): number | undefined => sizes[path];
const spec = (...items: string[]): string => minimal('files:', ...items.map((item) => `  - ${item}`));

describe('files', () => {
  it.each(['{ path: /a }', '{ source: small }'])('want a path and a source: %s', (item) => {
    expect(errorOf(spec(item), { fileSize }).code).toBe('VAPP_SPEC_MISSING_KEY');
  });

  it('must be regular files that can be read', () => {
    const error = errorOf(spec('{ path: /a, source: none }'), { fileSize });
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_SOURCE',
      message: 'files[0].source: cannot read the file "/specs/none"',
      hint: 'ls -l /specs/none',
    });
    expect(marked(error)).toBe('none');
  });

  it.each(['a', '/', '/a/', '/a//b', '/a/../b', '/..', '/a/.', '"/a\\nb"'])(
    'go to no path such as %s',
    (path) => {
      expect(brief(spec(`{ path: ${path}, source: small }`), { fileSize })).toEqual([
        expect.stringContaining('VAPP_SPEC_VALUE files[0].path'),
      ]);
    },
  );

  it.each(['/a', '/.a', '/a/..b', '/a b/c…'])('go to %s', (path) => {
    expect(parse(spec(`{ path: '${path}', source: small }`), { fileSize }).appliance.files).toEqual([
      { path, source: '/specs/small', mode: '0644' },
    ]);
  });

  it.each(['4755', '888', '64', '0x1ed', 'rw'])('have no permissions such as %s', (mode) => {
    expect(brief(spec(`{ path: /a, source: small, mode: ${mode} }`), { fileSize })).toEqual([
      expect.stringContaining('VAPP_SPEC_VALUE files[0].mode'),
    ]);
  });

  it('have each path once', () => {
    const text = spec('{ path: /a, source: small }', '{ path: /a, source: ~/x }');
    expect(brief(text, { fileSize })).toEqual(['5:13 VAPP_SPEC_DUPLICATE_VALUE "/a" stands twice in files']);
  });

  it('fit into the memory of the installer together', () => {
    const halves = ['{ path: /a, source: half }', '{ path: /b, source: half }'];
    expect(parse(spec(...halves), { fileSize }).appliance.files).toHaveLength(2);
    const error = errorOf(spec(...halves, '{ path: /c, source: small }'), { fileSize });
    expect(error).toMatchObject({
      code: 'VAPP_SPEC_RANGE',
      message: 'files are 65MiB together, more than 64MiB',
    });
    expect(marked(error)).toBe('files');
  });
});
