import { expect, it } from 'vitest';
import { formatSize, parseSize } from '../../src/spec/index.js';

it.each([
  ['1GiB', 1024 ** 3],
  ['1 GiB', 1024 ** 3],
  ['1G', 1024 ** 3],
  ['1GB', 1e9],
  ['512MiB', 512 * 1024 ** 2],
  ['512k', 512 * 1024],
  ['1.5TiB', 1.5 * 1024 ** 4],
  ['0.1KB', 100],
  ['10B', 10],
  ['0MiB', 0],
])('parseSize(%s)', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

it.each([
  '',
  '1',
  '1024',
  'GiB',
  '-1GiB',
  '1,5GiB',
  '1gib',
  '1Gi',
  '1GiBs',
  '1  GiB',
  '1e3MiB',
  '0x1GiB',
  '99999999PiB',
  '1.GiB',
])('parseSize(%j) is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

it.each([
  [0, '0B'],
  [5, '5B'],
  [1024, '1KiB'],
  [1536 * 1024 ** 2, '1536MiB'],
  [1024 ** 4, '1TiB'],
])('formatSize(%i)', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
  expect(parseSize(text)).toBe(bytes);
});
