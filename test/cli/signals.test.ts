import { afterEach, expect, test, vi } from 'vitest';
import { abortOnSignals, cancelSignal } from '../../src/cli/signals.js';
import type { VappError } from '../../src/errors.js';
import { exitStatus } from '../../src/report/exit-status.js';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const;
/** Runs our handler as the signal would, without vitest's own. */
const raise = (name: (typeof names)[number]) => process.listeners(name).at(-1)?.(name);

let undo = (): void => undefined;
afterEach(() => {
  undo();
  vi.restoreAllMocks();
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s cancels with status %d', (name, status) => {
  const stop = new AbortController();
  const told: string[] = [];
  undo = abortOnSignals(stop, { onCancel: (by) => void told.push(`${by} ${stop.signal.aborted}`) });
  raise(name);
  expect(told).toEqual([`${name} false`]);
  const reason = stop.signal.reason as VappError;
  expect(reason).toMatchObject({ code: `VAPP_CANCELLED_${name}`, message: `cancelled by ${name}` });
  expect(exitStatus(reason)).toBe(status);
});

const endingsAfter = (signals: (typeof names)[number][], stop = new AbortController()) => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  exit.mockClear();
  undo();
  undo = abortOnSignals(stop, { onCancel: () => undefined });
  for (const name of signals) raise(name);
  return exit.mock.calls.flat();
};

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a second %s insists: the process ends with status %d', (name, status) => {
  expect(endingsAfter([name, name])).toEqual([status]);
});

test.each([
  ['SIGTERM', 'SIGHUP'],
  ['SIGHUP', 'SIGTERM'],
  ['SIGHUP', 'SIGHUP'],
] as const)('%s and %s, as when a login ends, let the clean-up go on', (first, second) => {
  expect(endingsAfter([first, second])).toEqual([]);
});

test('a terminal whose end its output has heard first: the signals of it are no second ones', () => {
  const stop = new AbortController();
  stop.abort();
  expect(endingsAfter(['SIGHUP', 'SIGTERM'], stop)).toEqual([]);
  expect(endingsAfter(['SIGINT'], stop)).toEqual([]);
  expect(endingsAfter(['SIGINT', 'SIGINT'], stop)).toEqual([130]);
});

test('a SIGTERM a while after the hang-up insists', () => {
  vi.spyOn(performance, 'now').mockReturnValueOnce(1000).mockReturnValueOnce(2500);
  expect(endingsAfter(['SIGHUP', 'SIGTERM'])).toEqual([143]);
});

test('vapp cancel never interrupts a clean-up, however often it is called, and whoever began it', () => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  const stop = new AbortController();
  const told: string[] = [];
  undo = abortOnSignals(stop, { onCancel: (by) => void told.push(by) });
  raise(cancelSignal);
  raise(cancelSignal);
  expect([told, stop.signal.reason]).toEqual([
    ['vapp cancel'],
    expect.objectContaining({ code: 'VAPP_CANCELLED_COMMAND', message: 'cancelled by vapp cancel' }),
  ]);
  expect(exitStatus(stop.signal.reason)).toBe(143);
  expect(exit).not.toHaveBeenCalled();
});

test('an ignored signal changes nothing', () => {
  const stop = new AbortController();
  undo = abortOnSignals(stop, { ignored: ['SIGHUP'], onCancel: () => undefined });
  raise('SIGHUP');
  expect(stop.signal.aborted).toBe(false);
  raise('SIGTERM');
  expect(stop.signal.aborted).toBe(true);
});

test('leaves no handler behind', () => {
  const before = names.map((name) => process.listenerCount(name));
  abortOnSignals(new AbortController(), { onCancel: () => undefined })();
  expect(names.map((name) => process.listenerCount(name))).toEqual(before);
});
