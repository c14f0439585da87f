import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, examineDisk, type Wishes } from '../../../src/bootloader/target/index.js';
import { openDisk } from '../../../src/verify/index.js';
import { extImage, inDirectory, partitioned, sourceOf } from '../../verify/disk-image.js';
import { madeBy } from '../../verify/grub-image.js';
import { systemFiles } from './system-files.js';

const biosBoot = 'type=21686148-6449-6E6F-744E-656564454649';

async function compose(size: number, script: string, parts: Record<number, Buffer>): Promise<Buffer> {
  const disk = await partitioned(size, script);
  for (const [at, bytes] of Object.entries(parts)) bytes.copy(disk, Number(at) * 512);
  return disk;
}

const decideOn = async (bytes: Buffer, wishes: Partial<Wishes> = {}): Promise<Decision> =>
  decide(await examineDisk(await openDisk(sourceOf(bytes), bytes.length)), { target: 'disk.img', ...wishes });

const system = (machine?: number): Promise<Buffer> => extImage(systemFiles(machine));
const other = (): Promise<Buffer> => extImage({ '/data': 'no system' });
const marked = (text: string, at = 0): Buffer => {
  const head = Buffer.alloc(2 ** 18);
  head.write(text, at, 'latin1');
  return head;
};
const luks = marked('LUKS\xba\xbe\0\x02');
const xfs = marked('XFSB');

describe('the root', () => {
  const two = 'label: dos\nstart=2048, size=16384, type=83\nstart=18432, type=83\n';

  it('is the only partition with a system', async () => {
    const disk = await compose(20, two, { 2048: await other(), 18432: await system() });
    expect(await decideOn(disk)).toEqual({ root: '2', firmware: ['bios'] });
  });

  it('is asked for when there are two, with what each is', async () => {
    const disk = await compose(20, two, { 2048: await system(), 18432: await system() });
    await expect(decideOn(disk)).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_ROOTS',
      why: 'partition 1: A system; partition 2: A system',
      hint: '--root 1, or --root 2',
    });
    expect(await decideOn(disk, { root: '2' })).toMatchObject({ root: '2' });
  });

  it('is left to the guest when only a mount shows what is there', async () => {
    const disk = await compose(20, two, { 2048: await system(), 18432: xfs });
    expect(await decideOn(disk)).toEqual({ firmware: ['bios'] });
    expect(await decideOn(disk, { root: '2' })).toMatchObject({ root: '2' });
    expect(await decideOn(disk, { root: 'vg0/root' })).toMatchObject({ root: 'vg0/root' });
  });

  it.each([
    ['no system', other, 'VAPP_BOOTLOADER_NO_ROOT', 'partition 1: ext4'],
    ['an encrypted one', async () => luks, 'VAPP_BOOTLOADER_ENCRYPTED', 'partition 1 is LUKS'],
    ['one for another machine', () => system(183), 'VAPP_BOOTLOADER_FOREIGN', 'for AArch64'],
    ['one for 32 bits', () => system(3), 'VAPP_BOOTLOADER_FOREIGN', 'for i386'],
  ])('is refused: %s', async (_, content, code, why) => {
    const disk = await compose(10, 'label: dos\nstart=2048, type=83\n', { 2048: await content() });
    const refusal = { code, why: expect.stringContaining(why) };
    await expect(decideOn(disk)).rejects.toMatchObject(refusal);
    await expect(decideOn(disk, { root: '1' })).rejects.toMatchObject({ code });
  });

  it('is refused when there is no such partition, or no table', async () => {
    const disk = await compose(10, 'label: dos\nstart=2048, type=83\n', { 2048: await system() });
    await expect(decideOn(disk, { root: '7' })).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_NO_ROOT' });
    await expect(decideOn(await system())).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_NO_TABLE' });
  });
});

describe('the firmware', () => {
  it('is what the table has room for', async () => {
    const script = `label: gpt\nstart=2048, size=2048, ${biosBoot}\nstart=4096, size=16384, type=L\nstart=20480, type=U\n`;
    const disk = await compose(20, script, { 4096: await system() });
    expect(await decideOn(disk)).toEqual({ root: '2', esp: 3, firmware: ['bios', 'uefi'] });
    expect(await decideOn(disk, { firmware: 'uefi' })).toMatchObject({ firmware: ['uefi'] });
  });

  it('is UEFI alone where only an ESP is', async () => {
    const disk = await compose(20, 'label: gpt\nstart=2048, size=16384, type=L\nstart=18432, type=U\n', {
      2048: await system(),
    });
    expect(await decideOn(disk)).toMatchObject({ firmware: ['uefi'] });
    await expect(decideOn(disk, { firmware: 'bios' })).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_NO_BIOS_BOOT',
    });
  });

  it('does without an ESP that firmware cannot read, and says so where UEFI is all there is', async () => {
    const head = 'label: gpt\nstart=2048, size=16384, type=L\nstart=18432, size=32768, type=U\n';
    const parts = { 2048: await system(), 18432: await madeBy(16, 'mkfs.fat', '-F', '32') };
    const refusal = { code: 'VAPP_BOOTLOADER_ESP', why: expect.stringContaining('at least 65525') };
    await expect(decideOn(await compose(30, head, parts))).rejects.toMatchObject(refusal);
    const both = await compose(30, `${head}start=51200, size=2048, ${biosBoot}\n`, parts);
    expect(await decideOn(both)).toMatchObject({ firmware: ['bios'] });
    await expect(decideOn(both, { firmware: 'uefi' })).rejects.toMatchObject(refusal);
  });

  it('needs an ESP for UEFI', async () => {
    const disk = await compose(10, 'label: dos\nstart=2048, type=83\n', { 2048: await system() });
    for (const firmware of ['uefi', 'both'] as const) {
      await expect(decideOn(disk, { firmware })).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_NO_ESP' });
    }
  });
});

describe('the room for the core image', () => {
  it('is a partition of a GPT: without one it says where one could go, and sfdisk can do it', async () => {
    const disk = await compose(10, 'label: gpt\nstart=2048, type=L\n', { 2048: await system() });
    const refusal = await decideOn(disk).catch((error) => error);
    expect(refusal).toMatchObject({ code: 'VAPP_BOOTLOADER_NO_BIOS_BOOT' });
    const added = await inDirectory(async (cwd) => {
      await writeFile(join(cwd, 'disk.img'), disk);
      await execa('sh', ['-c', refusal.hint.replace('of a raw image: ', '')], { cwd });
      return await readFile(join(cwd, 'disk.img'));
    });
    expect(await decideOn(added)).toEqual({ root: '1', firmware: ['bios'] });
    const { partitions } = (await examineDisk(await openDisk(sourceOf(added), added.length))).table;
    expect(partitions.map(({ start, size }) => [start / 512, size / 512])).toContainEqual([34, 2014]);
  });

  it('is the gap before the first partition of an MBR, which must be large enough', async () => {
    const at = async (start: number) =>
      await decideOn(await compose(10, `label: dos\nstart=${start}, type=83\n`, { [start]: await system() }));
    expect(await at(63)).toMatchObject({ firmware: ['bios'] });
    await expect(at(32)).rejects.toMatchObject({
      code: 'VAPP_BOOTLOADER_GAP',
      why: expect.stringContaining('there are 31'),
    });
  });

  it('must be larger for btrfs', async () => {
    const disk = await compose(10, 'label: dos\nstart=63, type=83\n', { 63: marked('_BHRfS_M', 0x1_0040) });
    await expect(decideOn(disk, { root: '1' })).rejects.toMatchObject({ code: 'VAPP_BOOTLOADER_GAP' });
  });
});
