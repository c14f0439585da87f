import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { DiskReport } from '../../../src/verify/check-disk.js';
import { inDirectory } from '../../verify/disk-image.js';

const sectorBytes = 512;
const stage1Version = { at: 0x3e, is: 0x0203 };

interface SfdiskPartition {
  start: number;
  size: number;
  type: string;
  bootable?: boolean;
}

/** Holds a report on a raw image against what other programs say of the same. */
export async function agreeWithJudges(image: string, report: DiskReport): Promise<void> {
  await agreeWithSfdisk(image, report);
  const first = (await readFile(image)).subarray(0, sectorBytes);
  await agreeWithFile(image, first, report);
  await inDirectory(async (folder) => {
    const path = join(folder, 'piece');
    await writeFile(path, first);
    expect(await grubFile('--is-x86-bios-bootsector', path)).toBe(
      !report.bios.problems.some((text) => text.includes('no boot signature')),
    );
    for (const program of report.uefi.files) {
      const start = report.partitions.find(({ number }) => number === program.partition)!.start;
      await execa('mcopy', ['-o', '-i', `${image}@@${start}`, `::${program.path}`, path]);
      expect(await grubFile('--is-x86_64-efi', path)).toBe(program.machine === 'x86_64');
    }
  });
}

async function agreeWithSfdisk(image: string, { table, partitions }: DiskReport): Promise<void> {
  const { stdout } = await execa('sfdisk', ['--json', image]);
  const { label, partitions: known } = JSON.parse(stdout).partitiontable;
  const plain = (known as SfdiskPartition[]).map(({ start, size, type, bootable = false }) => ({
    start: start * sectorBytes,
    size: size * sectorBytes,
    type: type.toLowerCase(),
    active: bootable,
  }));
  expect(table.kind).toBe(label);
  expect(partitions.map(({ start, size, type, active = false }) => ({ start, size, type, active }))).toEqual(
    plain,
  );
}

/**
 * libmagic lists partitions where the first sector has no code that it knows, and names GRUB legacy: by the message that GRUB 2 has
 * too, and the version of stage1. That lies where a BIOS parameter block may be, which grub-install keeps as it was.
 */
async function agreeWithFile(image: string, first: Buffer, report: DiskReport): Promise<void> {
  const { bios, table, partitions } = report;
  const keepsVersion = bios.bootCode === 'grub2' && first.readUInt16LE(stage1Version.at) === stage1Version.is;
  const { stdout } = await execa('file', ['--brief', image]);
  expect(stdout).toMatch(/^DOS\/MBR boot sector/);
  expect(/GRand Unified Bootloader/.test(stdout)).toBe(bios.bootCode === 'grub-legacy' || keepsVersion);
  const listed = [...stdout.matchAll(/partition (\d) : ID=0x(\w+),[^;]* startsector (\d+), (\d+) sectors/g)];
  const own = partitions.map(({ number, type, start, size }) => [
    ...[String(number), type, String(start / sectorBytes), String(size / sectorBytes)],
  ]);
  if (bios.bootCode !== 'none') expect(listed).toEqual([]);
  else if (table.kind === 'gpt') expect(listed).toMatchObject([{ 2: 'ee' }]);
  else expect(listed.map(([, ...fields]) => fields)).toEqual(own);
}

const grubFile = async (question: string, path: string): Promise<boolean> =>
  (await execa('grub-file', [question, path], { reject: false })).exitCode === 0;
