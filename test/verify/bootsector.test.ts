import { describe, expect, it } from 'vitest';
import { checkBootSector } from '../../src/verify/bootsector.js';
import { dosDisk, gptDisk } from './boot-disk.js';

describe('checkBootSector', () => {
  it('finds a whole boot loader behind an MBR', () => {
    expect(checkBootSector(dosDisk().bytes)).toEqual({
      ok: true,
      problems: [],
      table: 'dos',
      coreSector: 1,
      area: [1, 2048],
      compressedSize: 25_072,
    });
  });

  it('finds a whole boot loader in a BIOS boot partition', () => {
    expect(checkBootSector(gptDisk().bytes)).toMatchObject({
      ok: true,
      table: 'gpt',
      coreSector: 2048,
      area: [2048, 4096],
    });
  });

  const damages: [string, (bytes: Buffer, core: number) => void, string][] = [
    [
      'no boot signature',
      (bytes) => bytes.fill(0, 0x1fe, 0x200),
      'The first sector has no boot signature 55 aa.',
    ],
    ['no jump', (bytes) => bytes.fill(0, 0, 3), 'The first sector does not begin with the jump of GRUB.'],
    [
      'another address',
      (bytes) => bytes.fill(0, 0x5a, 0x5c),
      'The first sector does not load to the address of GRUB.',
    ],
    ['another loader', (bytes) => bytes.fill(0, 0x180, 0x190), 'The first sector does not say GRUB.'],
    [
      'a core elsewhere',
      (bytes) => bytes.writeUInt32LE(4096, 0x5c),
      'The core is said to begin in sector 4096,',
    ],
    [
      'no first sector of a core',
      (bytes, core) => bytes.fill(0, core, core + 512),
      'does not hold the first sector',
    ],
    [
      'no list',
      (bytes, core) => bytes.fill(0, core + 0x1f4, core + 0x200),
      "The list of the core's sectors is empty.",
    ],
    ['a gap', (bytes, core) => bytes.writeUInt8(9, core + 0x1f4), 'The core goes on in sector'],
    ['a core too long', (bytes, core) => bytes.writeUInt16LE(4000, core + 0x1fc), 'beyond sector'],
    ['no decompressor', (bytes, core) => bytes.fill(0, core + 512, core + 517), 'jump of its decompressor'],
    [
      'no size',
      (bytes, core) => bytes.fill(0, core + 520, core + 524),
      'The core says that it has 0 compressed',
    ],
    [
      'a core never written',
      (bytes, core) => bytes.fill(0, core + 1024, core + 57_344),
      'The core is all zeros.',
    ],
  ];
  for (const [make, disk] of Object.entries({ dosDisk, gptDisk })) {
    it.each(damages)(`${make}: sees %s`, (_, damage, sentence) => {
      const { bytes, core } = disk();
      damage(bytes, core);
      const report = checkBootSector(bytes);
      expect(report.ok).toBe(false);
      expect(report.problems.join('\n')).toContain(sentence);
    });
  }

  it('sees a table without partitions', () => {
    const { bytes } = dosDisk();
    bytes.fill(0, 0x1be, 0x1fe);
    expect(checkBootSector(bytes).problems).toEqual(['The partition table has no partition.']);
  });

  it.each([
    [
      'no BIOS boot partition',
      (bytes: Buffer) => bytes.fill(1, 1024, 1040),
      'The GPT has no BIOS boot partition.',
    ],
    [
      'entries of no size',
      (bytes: Buffer) => bytes.fill(0, 512 + 84, 512 + 88),
      'The GPT says that its entries have 0',
    ],
    [
      'entries far away',
      (bytes: Buffer) => bytes.writeUInt8(9, 512 + 76),
      'The GPT is longer than the bytes read.',
    ],
  ])('sees a GPT with %s', (_, damage, sentence) => {
    const { bytes } = gptDisk();
    damage(bytes);
    expect(checkBootSector(bytes).problems.join('\n')).toContain(sentence);
  });

  it('does not call good what it could not see', () => {
    const { bytes } = dosDisk();
    expect(checkBootSector(bytes.subarray(0, 100)).ok).toBe(false);
    expect(checkBootSector(bytes.subarray(0, 512)).problems).toEqual([
      'The core image is not among the bytes read.',
    ]);
    expect(checkBootSector(bytes.subarray(0, 4096)).problems).toEqual([
      'The end of the core is not among the bytes read.',
    ]);
    expect(checkBootSector(gptDisk().bytes.subarray(0, 512 * 3)).ok).toBe(false);
  });
});
