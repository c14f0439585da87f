import { describe, expect, it } from 'vitest';
import { readCore, unpackCore } from '../../../src/verify/boot/core.js';
import { readCoreSettings } from '../../../src/verify/boot/kernel.js';
import { Damaged } from '../../../src/verify/damaged.js';
import { openDisk } from '../../../src/verify/disk.js';
import { bootImage, coreImage, installGrub, unpackedCore } from '../core-image.js';
import { sourceOf } from '../disk-image.js';

const options = { prefix: '(,gpt2)/grub', config: 'set pager=1\n', modules: ['xfs', 'part_gpt', 'biosdisk'] };

describe('unpackCore', () => {
  it('gives what was packed', async () => {
    const image = coreImage(options);
    expect((await unpackCore(image.subarray(512))).data.equals(unpackedCore(options))).toBe(true);
  });

  it('sees a last byte that is wrong, though all that it unpacks is right', async () => {
    const body = Buffer.from(coreImage(options).subarray(512));
    body[body.length - 1] = body.at(-1)! ^ 1;
    await expect(unpackCore(body)).rejects.toThrow('not as it was written');
  });

  it('sees bytes that nothing needs', async () => {
    const body = Buffer.concat([coreImage(options).subarray(512), Buffer.alloc(100)]);
    body.writeUInt32LE(body.readUInt32LE(8) + 100, 8);
    await expect(unpackCore(body)).rejects.toThrow('not as it was written');
  });

  it('refuses what is cut off, and what claims too much', async () => {
    const body = coreImage(options).subarray(512);
    await expect(unpackCore(body.subarray(0, 9000))).rejects.toThrow(Damaged);
    const large = Buffer.from(body);
    large.writeUInt32LE(2 ** 31, 12);
    await expect(unpackCore(large)).rejects.toThrow(Damaged);
  });
});

describe('readCore', () => {
  it('goes along a block list of several pieces', async () => {
    const core = coreImage(options);
    const disk = Buffer.alloc(200_000);
    installGrub(disk, 5, core);
    // The last sectors move to the end of the disk.
    const sectors = Math.ceil(core.length / 512) - 1;
    disk.writeUInt16LE(sectors - 4, 5 * 512 + 0x1fc);
    disk.writeBigUInt64LE(300n, 5 * 512 + 0x1e8);
    disk.writeUInt16LE(4, 5 * 512 + 0x1f0);
    const from = (6 + sectors - 4) * 512;
    disk.copy(disk, 300 * 512, from, from + 4 * 512);
    disk.fill(0xee, from, from + 4 * 512);
    const found = await readCore(await openDisk(sourceOf(disk), disk.length), disk.subarray(0, 512));
    expect(found).toMatchObject({
      sector: 5,
      blocks: [
        { start: 6, sectors: sectors - 4 },
        { start: 300, sectors: 4 },
      ],
    });
    expect(readCoreSettings(found.data)).toEqual(options);
  });

  it('refuses a list without an end', async () => {
    const disk = Buffer.alloc(200_000);
    bootImage(1).copy(disk);
    coreImage(options).copy(disk, 512);
    for (let at = 0x1f4; at > 0x150; at -= 12) disk.writeUInt16LE(0xffff, 512 + at + 8);
    await expect(
      readCore(await openDisk(sourceOf(disk), disk.length), disk.subarray(0, 512)),
    ).rejects.toThrow("the list of the core's sectors is too long");
  });
});
