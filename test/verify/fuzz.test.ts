import { beforeAll, describe, expect, it } from 'vitest';
import { checkDisk } from '../../src/verify/check-disk.js';
import { type Disk, openDisk } from '../../src/verify/disk.js';
import { type Damage, damagedSource, damages } from './damage.js';
import { bootableDos, bootableGpt, sourceOf } from './disk-image.js';
import { random, randomBuffer } from './random.js';

/** Rounds for each disk; more of them were run when this was written. */
const rounds = 150;

let disks: Buffer[];
beforeAll(async () => {
  disks = [await bootableDos(), await bootableGpt()];
});

/** What would be a crash, with what brought it about. */
async function crashOf(disk: Disk, seed: number, damage: Damage[]): Promise<unknown> {
  try {
    const { bootable } = await checkDisk(disk);
    return ['yes', 'no', 'unknown'].includes(bootable) ? undefined : { seed, damage, bootable };
  } catch (error) {
    return { seed, damage, error };
  }
}

describe('checkDisk', () => {
  it('makes findings of whatever is on a disk', async () => {
    const crashes: unknown[] = [];
    for (const [index, bytes] of disks.entries()) {
      for (let round = 0; round < rounds; round += 1) {
        const seed = index * 1_000_000 + round;
        const damage = damages(bytes, random(seed));
        const disk = await openDisk(damagedSource(bytes, damage), bytes.length, { format: 'raw' });
        crashes.push(await crashOf(disk, seed, damage));
      }
    }
    expect(crashes.filter(Boolean)).toEqual([]);
  });

  it('makes findings of a disk that is cut off, and of noise', async () => {
    const crashes: unknown[] = [];
    for (const bytes of disks) {
      for (const length of [
        0,
        1,
        511,
        512,
        513,
        1024,
        4096,
        17_000,
        2 ** 20,
        2 ** 20 + 1024,
        2 ** 21 + 3000,
      ]) {
        const disk = await openDisk(sourceOf(bytes), length, { format: 'raw' });
        crashes.push(await crashOf(disk, length, []));
      }
    }
    for (let seed = 0; seed < 20; seed += 1) {
      const bytes = randomBuffer(seed, 70_000);
      bytes.writeUInt16LE(0xaa55, 0x1fe);
      crashes.push(await crashOf(await openDisk(sourceOf(bytes), bytes.length, { format: 'raw' }), seed, []));
    }
    expect(crashes.filter(Boolean)).toEqual([]);
  });

  it('does not change its mind: the same disk gives the same report', async () => {
    const bytes = disks[1]!;
    const damage = damages(bytes, random(7));
    const reports = [];
    for (let again = 0; again < 2; again += 1)
      reports.push(
        await checkDisk(await openDisk(damagedSource(bytes, damage), bytes.length, { format: 'raw' })),
      );
    expect(reports[0]).toEqual(reports[1]);
  });
});
