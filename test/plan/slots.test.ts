import { expect, test } from 'vitest';
import { slotsFor } from '../../src/plan/index.js';
import { facts } from '../domain/support.js';

const GiB = 1024 ** 3;
const slots = (hostCpus: number, hostMemory: number | undefined, memory: number) =>
  slotsFor({ memory }, { ...facts, hostCpus, ...(hostMemory !== undefined && { hostMemory }) });

test.each([
  [1, 64 * GiB, GiB, 1],
  [8, 64 * GiB, GiB, 4],
  [64, 16 * GiB, GiB, 9],
  [64, 16 * GiB, 8 * GiB, 1],
  [64, 2 * GiB, 4 * GiB, 1],
  [6, undefined, GiB, 3],
])('a host of %i processors and %s bytes carries %s-byte guests: %i', (cpus, memory, each, count) => {
  expect(slots(cpus, memory, each)).toBe(count);
});
