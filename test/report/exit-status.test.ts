import { describe, expect, test } from 'vitest';
import { VappError, VappErrors } from '../../src/errors.js';
import { exitStatus } from '../../src/report/exit-status.js';

const of = (code: `VAPP_${string}`, cause?: unknown) => new VappError(code, 'x', { cause });

describe('exit status', () => {
  test.each([
    ['VAPP_SPEC_RANGE', 2],
    ['VAPP_USAGE', 2],
    ['VAPP_PRESEED_LINE', 2],
    ['VAPP_TEMPLATE_UNKNOWN', 2],
    ['VAPP_HOST_POOL', 3],
    ['VAPP_LIBVIRT_UNREACHABLE', 3],
    ['VAPP_ARCHIVE_EXPIRED', 4],
    ['VAPP_PROXY_UPSTREAM', 4],
    ['VAPP_INSTALLER_QUESTION', 5],
    ['VAPP_BOOTLOADER_STEP', 6],
    ['VAPP_VERIFY_BOOT', 7],
    ['VAPP_NAME_TAKEN', 8],
    ['VAPP_CANCELLED', 130],
    ['VAPP_CANCELLED_SIGINT', 130],
    ['VAPP_CANCELLED_SIGTERM', 143],
    ['VAPP_CANCELLED_SIGHUP', 129],
    ['VAPP_INTERNAL', 1],
  ] as const)('of %s is %d', (code, status) => {
    expect(exitStatus(of(code))).toBe(status);
  });

  test('of several errors is that of the first', () => {
    expect(exitStatus(new VappErrors([of('VAPP_SPEC_TYPE'), of('VAPP_ARCHIVE_EXPIRED')]))).toBe(2);
  });

  test('comes from the cause when the error itself says nothing', () => {
    expect(exitStatus(of('VAPP_BUILD_STAGE', of('VAPP_VERIFY_BOOT')))).toBe(7);
    expect(exitStatus(new Error('x', { cause: of('VAPP_ARCHIVE_EXPIRED') }))).toBe(4);
  });

  test('is 1 for what nobody foresaw', () => {
    expect(exitStatus(new TypeError('x'))).toBe(1);
    expect(exitStatus('text')).toBe(1);
    expect(exitStatus(undefined)).toBe(1);
  });
});
