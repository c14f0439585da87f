import { afterEach, expect, test, vi } from 'vitest';
import { abortOnSignals } from '../../src/cli/signals.js';
import type { VappError } from '../../src/errors.js';
import { exitStatus } from '../../src/report/exit-status.js';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
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
] as const)('%s cancels, a second one ends the process, both with status %d', (name, status) => {
  const stop = new AbortController();
  const told: string[] = [];
  undo = abortOnSignals(stop, (signal) => told.push(`${signal} ${stop.signal.aborted}`));
  raise(name);
  expect(told).toEqual([`${name} false`]);
  const reason = stop.signal.reason as VappError;
  expect(reason).toMatchObject({ code: `VAPP_CANCELLED_${name}`, message: `cancelled by ${name}` });
  expect(exitStatus(reason)).toBe(status);

  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  expect(() => raise(name)).toThrow('exit');
  expect(exit).toHaveBeenCalledWith(status);
});

test('leaves no handler behind', () => {
  const before = names.map((name) => process.listenerCount(name));
  abortOnSignals(new AbortController(), () => undefined)();
  expect(names.map((name) => process.listenerCount(name))).toEqual(before);
});
