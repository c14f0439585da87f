import { expect, test } from 'vitest';
import { VappError, VappErrors } from '../../src/errors.js';
import { failureRecord, recordedError } from '../../src/report/failure-record.js';
import { renderError } from '../../src/report/index.js';

const plain = new VappError('VAPP_HOST_POOL', 'there is no pool', {
  why: 'nobody made it',
  hint: 'make it',
  excerpt: 'one\ntwo',
});
const at = { file: 'web.yaml', line: 3, column: 5, length: 4, text: 'os: debian' };
const placed = new VappError('VAPP_SPEC_VALUE', 'what is this', { at });

test.each([
  ['one error', plain, 3],
  ['one with its place in the spec', placed, 2],
  ['one with a line of unknown text', new VappError('VAPP_SPEC_YAML', 'bad', { at: { ...at, text: '' } }), 2],
  ['several errors', new VappErrors([plain, placed]), 3],
])('%s looks the same after it has been a line of JSON', (_, error, status) => {
  const record = JSON.parse(JSON.stringify(failureRecord(error)));
  expect(record).toMatchObject({ type: 'error', status });
  expect(renderError(recordedError(record))).toBe(renderError(error));
});

test('the status of a cause is kept, though the cause is not', () => {
  const wrapped = new Error('outer', { cause: plain });
  expect(failureRecord(wrapped)).toEqual({
    type: 'error',
    status: 3,
    errors: [{ code: 'VAPP_INTERNAL', message: 'Error: outer' }],
  });
});
