import { expect, test } from 'vitest';
import { blockwise } from '../../../src/build/grub/blockwise.js';

const bytes = Buffer.from(Array.from({ length: 100 }, (_, index) => index));

test('gives the same bytes as the source, also across blocks and at its end', async () => {
  const read = blockwise(async (offset, length) => bytes.subarray(offset, offset + length), 16);
  for (const [offset, length] of [
    [0, 16],
    [10, 40],
    [15, 2],
    [90, 20],
    [98, 5],
  ] as const)
    expect(await read(offset, length)).toEqual(bytes.subarray(offset, offset + length));
});

test('asks for a block once while it is read in order', async () => {
  const asked: number[] = [];
  const read = blockwise(async (offset, length) => {
    asked.push(offset);
    return bytes.subarray(offset, offset + length);
  }, 32);
  for (let at = 0; at < 96; at += 8) await read(at, 8);
  expect(asked).toEqual([0, 32, 64]);
});
