import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { openDisk } from '../../../src/verify/disk.js';
import type { PartitionTable } from '../../../src/verify/table/partition.js';
import { readPartitionTable } from '../../../src/verify/table/read.js';
import { inDirectory, mebibyte, partitioned, sourceOf } from '../disk-image.js';

const read = async (bytes: Buffer): Promise<PartitionTable> =>
  await readPartitionTable(await openDisk(sourceOf(bytes), bytes.length));

/** What sfdisk(8) reads of it, in our words. */
const judge = (bytes: Buffer) =>
  inDirectory(async (folder) => {
    const image = join(folder, 'image');
    await writeFile(image, bytes);
    const { stdout } = await execa('sfdisk', ['--json', image]);
    const { partitiontable: table } = JSON.parse(stdout);
    return {
      kind: table.label,
      id: table.id.toLowerCase().replace(/^0x/, ''),
      partitions: (table.partitions ?? []).map((one: Record<string, string | number>) => ({
        number: Number(String(one.node).slice(image.length)),
        start: Number(one.start) * 512,
        size: Number(one.size) * 512,
        type: String(one.type).toLowerCase().padStart(2, '0'),
        ...(one.name && { name: one.name }),
        ...((one.bootable || String(one.attrs).includes('LegacyBIOSBootable')) && { active: true }),
      })),
    };
  });

const scripts: [string, string][] = [
  ['one partition of an MBR', 'label: dos\nstart=2048, type=83, bootable\n'],
  [
    'four, one of them unused',
    'label: dos\n1: start=2048, size=2048, type=c\n2: start=8192, size=4096, type=ef, bootable\n4: start=20480, type=8e\n',
  ],
  [
    'logical partitions',
    'label: dos\nsize=4M, type=83\ntype=5\nsize=2M, type=82\nsize=3M, type=83\nsize=1M, type=7\ntype=8e\n',
  ],
  [
    'a GPT',
    'label: gpt\nsize=1M, type=21686148-6449-6E6F-744E-656564454649, name="boot"\nsize=8M, type=U, name="Système EFI"\n5: type=L, attrs="LegacyBIOSBootable"\n',
  ],
  ['a GPT without partitions', 'label: gpt\n'],
];

describe('readPartitionTable', () => {
  it.each(scripts)('agrees with sfdisk on %s', async (_, script) => {
    const bytes = await partitioned(40, script);
    const { kind, id, partitions, problems } = await read(bytes);
    expect({ kind, id, partitions: partitions.map(({ uuid, ...rest }) => rest) }).toEqual(await judge(bytes));
    expect(problems).toEqual([]);
  });

  it('gives partitions the UUIDs that blkid gives them', async () => {
    for (const [, script] of scripts.slice(0, 4)) {
      const bytes = await partitioned(40, script);
      const uuids = await inDirectory(async (folder) => {
        const image = join(folder, 'image');
        await writeFile(image, bytes);
        const { stdout } = await execa('partx', ['--output', 'NR,UUID', '--noheadings', '--raw', image]);
        return stdout.split('\n').map((line) => line.split(' '));
      });
      const extended = new Set(['05']);
      const ours = (await read(bytes)).partitions.filter(({ type }) => !extended.has(type));
      for (const { number, uuid } of ours) expect(uuids).toContainEqual([String(number), uuid]);
    }
  });

  it('tells a hybrid MBR, as sgdisk makes it', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await writeFile(image, await partitioned(40, 'label: gpt\nsize=8M, type=U\ntype=L\n'));
      await execa('sgdisk', ['--hybrid=1:2', image]);
      const { kind, gpt, partitions, problems } = await read(await readFile(image));
      expect({ kind, gpt, problems }).toEqual({
        kind: 'gpt',
        gpt: { primary: 'good', backup: 'good', hybrid: true },
        problems: [],
      });
      expect(partitions).toHaveLength(2);
    });
  });

  it('agrees with sgdisk on which copies of a GPT are whole', async () => {
    const good = await partitioned(40, 'label: gpt\ntype=L\n');
    const last = good.length - 512;
    const damages: [(bytes: Buffer) => void, unknown, RegExp][] = [
      [(bytes) => bytes.writeUInt8(1, 512 + 57), { primary: 'bad', backup: 'good' }, /Main header: ERROR/],
      [
        (bytes) => bytes.writeUInt8(1, 1024 + 57),
        { primary: 'bad', backup: 'good' },
        /Main partition table: ERROR/,
      ],
      [(bytes) => bytes.writeUInt8(1, last + 57), { primary: 'good', backup: 'bad' }, /Backup header: ERROR/],
      [(bytes) => bytes.fill(0, last), { primary: 'good', backup: 'missing' }, /Backup header: ERROR/],
    ];
    for (const [damage, gpt, verdict] of damages) {
      const bytes = Buffer.from(good);
      damage(bytes);
      const table = await read(bytes);
      expect(table.gpt).toMatchObject(gpt as object);
      expect(table.partitions).toHaveLength(1);
      expect(table.problems).toHaveLength(1);
      const said = await inDirectory(async (folder) => {
        await writeFile(join(folder, 'image'), bytes);
        return await execa('sgdisk', ['--verify', join(folder, 'image')], { reject: false, all: true });
      });
      expect(said.all).toMatch(verdict);
    }
  });

  it('finds no partitions when both copies are bad', async () => {
    const bytes = await partitioned(40, 'label: gpt\ntype=L\n');
    bytes.writeUInt8(1, 512 + 57);
    bytes.fill(0, bytes.length - 512);
    expect(await read(bytes)).toMatchObject({
      kind: 'gpt',
      partitions: [],
      gpt: { primary: 'bad', backup: 'missing' },
    });
  });

  it('reads the GPT of a disk with sectors of 4096 bytes', async () => {
    const small = await partitioned(40, 'label: gpt\nsize=1M, type=U\n');
    const bytes = Buffer.alloc(small.length);
    small.copy(bytes, 0, 0, 512);
    const header = Buffer.from(small.subarray(512, 604));
    header.fill(0, 16, 20);
    header.writeUInt32LE(crc32(header), 16);
    header.copy(bytes, 4096);
    small.copy(bytes, 8192, 1024, 1024 + 16_384);
    const { kind, sectorSize, partitions, gpt } = await read(bytes);
    expect({ kind, sectorSize, gpt }).toEqual({
      kind: 'gpt',
      sectorSize: 4096,
      gpt: { primary: 'good', backup: 'missing', hybrid: false },
    });
    expect(partitions).toMatchObject([{ start: 2048 * 4096, size: 8 * mebibyte }]);
  });

  it('says that a chain of logical partitions is damaged, or goes in a circle', async () => {
    const script = 'label: dos\ntype=5\nsize=2M, type=83\nsize=3M, type=83\n';
    const good = await partitioned(40, script);
    const cut = Buffer.from(good);
    cut.fill(0, mebibyte + 510, mebibyte + 512);
    expect((await read(cut)).problems).toEqual([
      'The chain of logical partitions is damaged: sector 2048 is no record of it.',
    ]);
    const second = Buffer.from(good);
    const next = mebibyte + second.readUInt32LE(mebibyte + 0x1ce + 8) * 512;
    second.fill(0, next + 510, next + 512);
    expect((await read(second)).partitions.map(({ number }) => number)).toEqual([1, 5]);
    const circle = Buffer.from(good);
    circle.writeUInt32LE(0, mebibyte + 0x1ce + 8);
    expect((await read(circle)).problems).toEqual([
      'The chain of logical partitions is damaged: it does not end.',
    ]);
  });

  it('takes a FAT on the whole disk for no partition table', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      await writeFile(image, Buffer.alloc(4 * mebibyte));
      await execa('mkfs.fat', [image]);
      expect(await read(await readFile(image))).toMatchObject({ kind: 'none', partitions: [], problems: [] });
    });
  });
});
