import { describe, expect, it } from 'vitest';
import { parseRelations } from '../../src/archive/relations.js';

describe('parseRelations', () => {
  it('reads groups, alternatives, versions and architectures', () => {
    expect(
      parseRelations('libc6 (>= 2.38), debconf (>= 0.5) | debconf-2.0, perl:any,\n python3:amd64 (<< 4)'),
    ).toEqual([
      [{ name: 'libc6', version: { operator: '>=', version: '2.38' } }],
      [{ name: 'debconf', version: { operator: '>=', version: '0.5' } }, { name: 'debconf-2.0' }],
      [{ name: 'perl', qualifier: 'any' }],
      [{ name: 'python3', qualifier: 'amd64', version: { operator: '<<', version: '4' } }],
    ]);
  });

  it('reads old operators and limits to architectures', () => {
    expect(parseRelations('a(<1), b [linux-any]')).toEqual([
      [{ name: 'a', version: { operator: '<=', version: '1' } }],
      [{ name: 'b' }],
    ]);
  });

  it('of nothing is nothing', () => {
    expect(parseRelations(undefined)).toEqual([]);
    expect(parseRelations(' , ')).toEqual([]);
  });
});
