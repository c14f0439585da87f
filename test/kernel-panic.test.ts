import { expect, test } from 'vitest';
import { kernelPanic } from '../src/kernel-panic.js';

test('the line is found among others, without the time before it', () => {
  const text =
    'login: \r\n[    7.271014] Kernel panic - not syncing: sysrq triggered crash\r\n[ 7.3] CPU: 0\r\n';
  expect(kernelPanic(text)).toBe('Kernel panic - not syncing: sysrq triggered crash');
  expect(kernelPanic('[ 1.0] Kernel command line: panic=-1')).toBeUndefined();
});
