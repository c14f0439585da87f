import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../src/archive/version.js';

// Pairs that differ in one rule of deb-version(7) each.
const versions = [
  '1.0',
  '1.0-1',
  '1.0-2',
  '1.0-10',
  '1:0.1',
  '2:0',
  '0:1.0-1',
  '1.0~rc1-1',
  '1.0~~',
  '1.0~',
  '1.0+b1',
  '1.0-1+b1',
  '1.0-1~bpo13+1',
  '1.00',
  '1.0a',
  '1.0A',
  '1.0.0',
  '1.01',
  '9',
  '10',
  '6.12.117-1',
  '6.12.9+deb13-1',
  '2.41-12+deb13u1',
  '2.41-12+deb13u10',
  '1.2-3-4',
  '1.2-3.4',
  '20250803+deb13u8',
  '99999999999999999999',
  '100000000000000000000',
];

const dpkgSays = (a: string, b: string): number => {
  const is = (operator: string): boolean =>
    spawnSync('dpkg', ['--compare-versions', a, operator, b]).status === 0;
  return is('lt') ? -1 : is('eq') ? 0 : 1;
};

describe('compareVersions', () => {
  it('agrees with dpkg on neighbours of its own order', () => {
    const ordered = [...versions].sort(compareVersions);
    for (let at = 1; at < ordered.length; at++) {
      const [a, b] = [ordered[at - 1]!, ordered[at]!];
      expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, dpkgSays(a, b)]);
      expect(Math.sign(compareVersions(b, a)) + Math.sign(compareVersions(a, b))).toBe(0);
    }
  });

  it('is one order: what is sorted stays sorted, whichever pair is asked', () => {
    const ordered = [...versions].sort(compareVersions);
    for (const [at, a] of ordered.entries())
      for (const b of ordered.slice(at)) expect(compareVersions(a, b)).toBeLessThanOrEqual(0);
  });
});
