import { expect, test } from 'vitest';
import { supersetClosure } from '../../src/archive/closure.js';
import { indexPackages } from '../../src/archive/package-index.js';
import { packages, stanza } from './test-archive.js';

/** The longest time, of this thread on a processor, between two turns of the event loop while `work` goes on. */
async function longestPiece(work: () => Promise<unknown>): Promise<number> {
  const spent = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = spent();
  let over = false;
  const look = (): void => {
    longest = Math.max(longest, spent() - last);
    last = spent();
    if (!over) setImmediate(look);
  };
  setImmediate(look);
  await work().finally(() => {
    over = true;
  });
  return longest;
}

test('a large index is read, and followed, in short pieces', async () => {
  const count = 30_000;
  const texts = Array.from({ length: count }, (_, number) =>
    stanza(`p${number}`, '1', `Depends: p${number + 1}, v${number % 7}\nProvides: v${number % 5000}`),
  );
  const bytes = Buffer.from(packages(...texts));
  const before = process.cpuUsage();
  const longest = await longestPiece(async () => {
    const index = await indexPackages([{ label: 'Packages', bytes }]);
    expect((await supersetClosure([index], { seeds: ['p0'] })).size).toBe(count);
  });
  const { user, system } = process.cpuUsage(before);
  expect(longest).toBeLessThan((user + system) / 1000 / 3);
});
