import { describe, expect, test } from 'vitest';
import { figureTable, phaseTable, sideBySide, summarise } from '../../scripts/measure/summary.mjs';

const baseline = { cpu: 2000, wall: 1000 };

describe('figures', () => {
  test('are ratios to the baseline, and of the own CPU to the own wall time', () => {
    const figures = summarise({ baseline, vapp: { cpu: 300, wall: 300, own: 3 } });
    expect(figures.map(({ ratio, met }) => [ratio, met])).toEqual([
      [0.15, true],
      [0.3, false],
      [0.01, true],
    ]);
  });

  test('need no baseline for the own CPU', () => {
    expect(summarise({ vapp: { cpu: 1, wall: 100, own: 3 } })).toMatchObject([{ ratio: 0.03, met: false }]);
  });

  test('are none without vapp, and not met without a measure', () => {
    expect(summarise({ baseline })).toEqual([]);
    expect(
      summarise({ baseline: { cpu: 0, wall: 0 }, vapp: { cpu: 1, wall: 1, own: 0 } }).map(({ met }) => met),
    ).toEqual([false, false, true]);
  });

  test('as a table say which aim is met', () => {
    const lines = figureTable(summarise({ baseline, vapp: { cpu: 300, wall: 300, own: 3 } })).split('\n');
    expect(lines[2]).toMatch(/^CPU of QEMU.* 2000\.0 +300\.0 +0\.150 +<= 0\.2 +met$/);
    expect(lines[3]).toMatch(/0\.300 +<= 0\.25 +missed$/);
  });
});

describe('phases side by side', () => {
  const rows = sideBySide(
    [
      { name: 'partitioning', cpu: 46, wall: 53 },
      { name: 'finishing', cpu: 242, wall: 237 },
    ],
    [
      { name: 'vapp: prepare', cpu: 0, wall: 9 },
      { name: 'partitioning', cpu: 12, wall: 12 },
      { name: 'finisher: mount', cpu: 0.1, wall: 0.2 },
      { name: 'finisher: initramfs', cpu: 15, wall: 15 },
      { name: 'finisher: bind', cpu: 0.2, wall: 0.1 },
    ],
  );

  test('share a row by their name; short steps of the finisher share one too', () => {
    expect(rows.map(({ name, baseline: b, vapp }) => [name, b?.cpu, vapp?.cpu])).toEqual([
      ['partitioning', 46, 12],
      ['finishing', 242, undefined],
      ['vapp: prepare', undefined, 0],
      ['finisher: initramfs', undefined, 15],
      ['finisher: other steps', undefined, expect.closeTo(0.3)],
    ]);
  });

  test('fit a table also when one run is missing', () => {
    expect(
      phaseTable([{ name: 'partitioning', cpu: 46, wall: 53 }])
        .split('\n')
        .at(-1),
    ).toMatch(/^partitioning +46\.0 +53\.0$/);
  });
});
