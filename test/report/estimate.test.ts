import { describe, expect, test } from 'vitest';
import { secondsLeft } from '../../src/report/estimate.js';

const install = (seconds: number, done = false) => ({ stage: 'install' as const, seconds, done });

describe('the time left', () => {
  test('is unknown before the installer has shown its pace', () => {
    expect(secondsLeft([], 0)).toBeUndefined();
    expect(secondsLeft([install(10)], 3)).toBeUndefined();
    expect(secondsLeft([install(1)], 20)).toBeUndefined();
  });

  test('holds the rest of the installation and the stages after it at the same pace', () => {
    // 289 s of work in all, half of it in 144.5 s: this host takes one second for one.
    expect(secondsLeft([install(144.5)], 50)).toBeCloseTo(144.5 + 31 + 46 + 3);
    expect(secondsLeft([install(289)], 50)).toBeCloseTo(2 * (144.5 + 31 + 46 + 3));
  });

  test('counts down in a later stage and never below nothing', () => {
    const done = install(289, true);
    expect(secondsLeft([done, { stage: 'bootloader', seconds: 11, done: false }], 100)).toBeCloseTo(
      20 + 46 + 3,
    );
    expect(secondsLeft([done, { stage: 'bootloader', seconds: 99, done: false }], 100)).toBeCloseTo(46 + 3);
    expect(secondsLeft([done, { stage: 'bootloader', seconds: 31, done: true }], 100)).toBeCloseTo(46 + 3);
  });
});
