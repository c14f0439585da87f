import { describe, expect, test } from 'vitest';
import { itemOf, Ledger } from '../../scripts/measure/ledger.mjs';

describe('Ledger', () => {
  test('charges each item with what passed until the next mark', () => {
    const ledger = new Ledger();
    ledger.mark('one', { wall: 0, cpu: 0 });
    ledger.mark('two', { wall: 10, cpu: 4 });
    ledger.close({ wall: 15, cpu: 9 });
    expect(ledger.rows).toEqual([
      { name: 'one', wall: 10, cpu: 4 },
      { name: 'two', wall: 5, cpu: 5 },
    ]);
  });

  test('adds up an item that comes back, in its first place', () => {
    const ledger = new Ledger();
    ledger.mark('one', { wall: 0, cpu: 0 });
    ledger.mark('two', { wall: 1, cpu: 1 });
    ledger.mark('one', { wall: 3, cpu: 2 });
    ledger.close({ wall: 7, cpu: 6 });
    expect(ledger.rows.map(({ name, wall }) => [name, wall])).toEqual([
      ['one', 5],
      ['two', 2],
    ]);
  });

  test('time before the first mark and after the end is nobody’s', () => {
    const ledger = new Ledger();
    ledger.mark('one', { wall: 5, cpu: 5 });
    ledger.close({ wall: 6, cpu: 6 });
    ledger.close({ wall: 9, cpu: 9 });
    expect(ledger.rows).toEqual([{ name: 'one', wall: 1, cpu: 1 }]);
  });
});

describe('itemOf', () => {
  test('a phase keeps the name that the baseline’s phase has too', () => {
    expect(itemOf({ type: 'phase', phase: 'partitioning', percent: 3 })).toBe('partitioning');
  });

  test('a step of the finisher begins an item, its end does not', () => {
    expect(itemOf({ type: 'step', step: 'initramfs', state: 'start' })).toBe('finisher: initramfs');
    expect(itemOf({ type: 'step', step: 'initramfs', state: 'done' })).toBeUndefined();
  });

  test('the stage of the installer is told by its phases, other stages by themselves', () => {
    expect(itemOf({ type: 'stage', stage: 'install', state: 'start' })).toBeUndefined();
    expect(itemOf({ type: 'stage', stage: 'verify', state: 'start' })).toBe('vapp: verify');
    expect(itemOf({ type: 'stage', stage: 'verify', state: 'done' })).toBeUndefined();
    expect(itemOf({ type: 'notice', text: 'x' })).toBeUndefined();
  });
});
