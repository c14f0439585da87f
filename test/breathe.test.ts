import { expect, test } from 'vitest';
import { breathe } from '../src/breathe.js';

const work = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

/** At the beginning of a turn. */
const fresh = async (): Promise<void> => {
  work(20);
  await breathe();
};

test('gives others their turn once it has worked for a while, and not before', async () => {
  await fresh();
  expect(breathe()).toBeUndefined();
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  work(20);
  await breathe();
  expect(turned).toBe(true);
  expect(breathe()).toBeUndefined();
});

test('what goes on side by side works no longer in one turn than one alone', async () => {
  await fresh();
  let turns = 0;
  const count = () => {
    turns += 1;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const worker = async () => {
    for (let piece = 0; piece < 8; piece++) {
      work(5);
      await breathe();
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  clearImmediate(timer);
  // 120 ms of work, of which no turn has more than 15, and the piece of 5 in which each begins again.
  expect(turns).toBeGreaterThanOrEqual(4);
});
