import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { unpackLzma } from '../../../src/verify/boot/lzma.js';
import { Damaged } from '../../../src/verify/damaged.js';
import { packLzma } from '../core-image.js';
import { randomBuffer } from '../random.js';

const samples: [string, Buffer][] = [
  ['random bytes', randomBuffer(1, 20_000)],
  ['one byte', Buffer.from('x')],
  ['the same byte', Buffer.alloc(100_000, 7)],
  [
    'text with repetitions near and far',
    Buffer.from(Array.from({ length: 9000 }, (_, n) => `line ${n * n} `).join('')),
  ],
  ['a mixture', Buffer.concat([randomBuffer(2, 5000), Buffer.alloc(300_000, 'abc'), randomBuffer(2, 5000)])],
];

describe('unpackLzma', () => {
  it.each(samples)('unpacks %s as xz packs it', async (_, data) => {
    const { stdout } = await execa('xz', ['--format=raw', '--lzma1=dict=64KiB,lc=3,lp=0,pb=2', '--stdout'], {
      input: data,
      encoding: 'buffer',
    });
    expect((await unpackLzma(Buffer.from(stdout), data.length)).data.equals(data)).toBe(true);
  });

  it.each(samples)('unpacks %s without an end mark, and sees that it ends well', async (_, data) => {
    const packed = packLzma(data);
    const unpacked = await unpackLzma(packed, data.length);
    expect(unpacked.data.equals(data)).toBe(true);
    expect(unpacked.clean).toBe(true);
    expect(packed.length - unpacked.used).toBe(0);
  });

  it('sees any single byte that is wrong', async () => {
    const data = samples[3]![1].subarray(0, 3000);
    const packed = packLzma(data);
    for (let at = 0; at < packed.length; at += 7) {
      const damaged = Buffer.from(packed);
      damaged[at] = damaged[at]! ^ 0x10;
      expect(await isGood(damaged, data.length)).toBe(false);
    }
  });

  it('refuses what is cut off', async () => {
    const packed = packLzma(samples[0]![1]);
    await expect(unpackLzma(packed.subarray(0, 9000), 20_000)).rejects.toThrow(Damaged);
    await expect(unpackLzma(Buffer.alloc(0), 1)).rejects.toThrow(Damaged);
  });
});

async function isGood(packed: Buffer, size: number): Promise<boolean> {
  try {
    return (await unpackLzma(packed, size)).clean;
  } catch (error) {
    expect(error).toBeInstanceOf(Damaged);
    return false;
  }
}
