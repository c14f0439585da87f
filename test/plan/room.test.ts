import { describe, expect, test } from 'vitest';
import { buildMemory, fitsIn, roomOf } from '../../src/plan/index.js';

const GiB = 1024 ** 3;
const roomFor = (hostCpus: number, hostMemory?: number) =>
  roomOf({ hostCpus, ...(hostMemory !== undefined && { hostMemory }) });
const build = (memory: number) => buildMemory({ memory: memory * GiB });

/** How many builds of one size fit in together. */
const countOf = (hostCpus: number, hostMemory: number | undefined, memory: number): number => {
  const own = buildMemory({ memory });
  const before: number[] = [];
  while (fitsIn(roomFor(hostCpus, hostMemory), own, before)) before.push(own);
  return before.length;
};

test.each([
  [1, 64 * GiB, GiB, 1],
  [8, 64 * GiB, GiB, 4],
  [64, 16 * GiB, GiB, 9],
  [64, 16 * GiB, 8 * GiB, 1],
  [64, 2 * GiB, 4 * GiB, 1],
  [6, undefined, GiB, 3],
])('a host of %i processors and %s bytes carries %s-byte guests: %i', (cpus, memory, each, count) => {
  expect(countOf(cpus, memory, each)).toBe(count);
});

describe('builds of several sizes on 64 GiB, of which 48 are given away', () => {
  const room = roomFor(64, 64 * GiB);

  test('a large one and a smaller one do not run together, whichever is first', () => {
    expect(fitsIn(room, build(23), [build(47)])).toBe(false);
    expect(fitsIn(room, build(47), [build(23)])).toBe(false);
  });

  test('those run together whose sum fits', () => {
    expect(fitsIn(room, build(4), [build(40)])).toBe(true);
    expect(fitsIn(room, build(4), [build(40), build(4)])).toBe(false);
  });

  test('whoever is first begins, also if there is too little for it alone, and alone', () => {
    expect(fitsIn(room, build(60), [])).toBe(true);
    expect(fitsIn(room, build(1), [build(60)])).toBe(false);
  });

  test('a large one that waits is not overtaken by a small one behind it', () => {
    const queue = [build(23), build(47), build(1)];
    expect(queue.map((own, index) => fitsIn(room, own, queue.slice(0, index)))).toEqual([true, false, false]);
  });

  test('one that does not say its size counts as one’s own', () => {
    expect(fitsIn(room, build(23), [undefined])).toBe(true);
    expect(fitsIn(room, build(24), [undefined])).toBe(false);
  });
});

test('a number of builds alone is a limit, too, and the queue is read no further than that', () => {
  let read = 0;
  const ahead = function* () {
    for (;;) {
      read++;
      yield 99 * GiB;
    }
  };
  expect(fitsIn({ builds: 3 }, GiB, ahead())).toBe(false);
  expect(read).toBe(3);
  expect(fitsIn({ builds: 3 }, GiB, [99 * GiB, 99 * GiB])).toBe(true);
});
