import { expect, test } from 'vitest';
import { breather } from '../src/breather.js';

const work = (milliseconds: number): void => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

test('gives others their turn once it has worked for a while, and not before', async () => {
  const breathe = breather();
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
