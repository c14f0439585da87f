import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hideExperimentalWarnings } from '../../src/cli/node-warnings.js';

const before = process.listeners('warning');
const shown = vi.fn<(warning: Error) => void>();

beforeEach(() => {
  shown.mockReset();
  process.removeAllListeners('warning');
  process.on('warning', shown);
  hideExperimentalWarnings();
});
afterEach(() => {
  process.removeAllListeners('warning');
  for (const listener of before) process.on('warning', listener);
});

const warn = (name: string): void => void process.emit('warning', Object.assign(new Error('text'), { name }));

test('what Node calls experimental is not shown', () => {
  warn('ExperimentalWarning');
  expect(shown).not.toHaveBeenCalled();
});

test('every other warning is', () => {
  warn('DeprecationWarning');
  expect(shown).toHaveBeenCalledOnce();
});
