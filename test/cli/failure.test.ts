import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { failureLine, reportFailure } from '../../src/cli/failure.js';
import { VappError, VappErrors } from '../../src/errors.js';

let stdout: string;
let stderr: string;
beforeEach(() => {
  stdout = stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('FORCE_COLOR', undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const error = new VappError('VAPP_HOST_POOL', 'there is no pool', { why: 'nobody made it', hint: 'make it' });

test('the error first, then the last words; the status belongs to the error', () => {
  expect(
    reportFailure(error, { json: false, debug: false, lastWords: ['look there', '→ vapp show x'] }),
  ).toBe(3);
  expect(stderr).toBe(
    'error: there is no pool  VAPP_HOST_POOL\n  nobody made it\n  → make it\nlook there\n→ vapp show x\n',
  );
  expect(stdout).toBe('');
});

test('a disk that takes nothing is no bug of vapp’s, whatever the command', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(reportFailure(full, { json: true, debug: false, lastWords: [] })).toBe(3);
  expect(stderr).toContain('VAPP_HOST_DISK\n  no space is left on its file system');
  expect(JSON.parse(stdout).errors[0].code).toBe('VAPP_HOST_DISK');
});

test('JSON goes to standard output besides', () => {
  reportFailure(error, { json: true, debug: false, lastWords: [] });
  expect(JSON.parse(stdout)).toEqual({
    v: 1,
    type: 'error',
    status: 3,
    errors: [{ code: 'VAPP_HOST_POOL', message: 'there is no pool', why: 'nobody made it', hint: 'make it' }],
  });
  expect(stderr).toContain('there is no pool');
});

test('a JSON line has every error with its place, and no password of a URL', () => {
  const at = { file: 'web.yaml', line: 3, column: 5, text: 'proxy: http://me:secret@proxy.example' };
  const second = new VappError('VAPP_SPEC_PROXY', 'cannot use http://me:secret@proxy.example', { at });
  const line = failureLine(new VappErrors([error, second]), 2);
  expect(JSON.parse(line).errors[1]).toEqual({
    code: 'VAPP_SPEC_PROXY',
    message: 'cannot use http://•••@proxy.example',
    file: 'web.yaml',
    line: 3,
    column: 5,
    text: 'proxy: http://•••@proxy.example',
  });
  expect(line).not.toContain('secret');
});

test('what nobody foresaw has a code too', () => {
  expect(JSON.parse(failureLine(new TypeError('x is undefined'), 1)).errors).toEqual([
    { code: 'VAPP_INTERNAL', message: 'TypeError: x is undefined' },
  ]);
});
