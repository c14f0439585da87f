import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { checkDisk, type DiskReport } from '../../src/verify/check-disk.js';
import { openDisk } from '../../src/verify/disk.js';
import {
  extImage,
  type Files,
  grubConfig,
  grubFiles,
  inDirectory,
  kernelFiles,
  mebibyte,
  partitioned,
  rootFiles,
  rootUuid,
  sourceOf,
  writeTree,
} from './disk-image.js';
import { efiGrub, fatImage, installRealGrub, madeBy } from './grub-image.js';

const check = async (bytes: Buffer): Promise<DiskReport> =>
  await checkDisk(await openDisk(sourceOf(bytes), bytes.length));

const bootUuid = '99999999-8888-4777-8666-555555555555';
const biosBoot = 'type=21686148-6449-6E6F-744E-656564454649';

/** A disk with file systems at these MiB. */
async function compose(size: number, script: string, parts: Record<number, Buffer>): Promise<Buffer> {
  const disk = await partitioned(size, script);
  for (const [at, bytes] of Object.entries(parts)) bytes.copy(disk, Number(at) * mebibyte);
  return disk;
}

const efiFiles = async (grub?: Parameters<typeof efiGrub>[0]): Promise<Files> => ({
  '/EFI/BOOT/BOOTX64.EFI': await efiGrub(grub),
});
const efiRoot = (): Files => ({ ...rootFiles(), '/boot/grub/x86_64-efi/normal.mod': 'a module' });

/** The head of an encrypted partition. */
function luks(): Buffer {
  const head = Buffer.alloc(mebibyte);
  head.write('LUKS\xba\xbe\0\x02', 0, 'latin1');
  head.write('12345678-1234-1234-1234-123456789abc', 168, 'latin1');
  return head;
}

interface SeparateBoot {
  /** What the kernel is told of its root. */
  root: string;
  /** Of the file system with /boot. */
  type?: 'ext2' | 'ext4';
  /** Content of the second partition. */
  second?: Buffer;
}

/** A disk whose first partition is /boot. */
async function separateBoot({ root, type = 'ext4', second }: SeparateBoot): Promise<Buffer> {
  const config = grubConfig(bootUuid, '').replace(`root=UUID=${bootUuid}`, `root=${root}`);
  const files = Object.entries({ ...kernelFiles, ...grubFiles(config) });
  const boot = Object.fromEntries(files.map(([path, content]) => [path.slice('/boot'.length), content]));
  const parts: Record<number, Buffer> = { 1: await extImage(boot, { type, uuid: bootUuid }) };
  if (second) parts[9] = second;
  const script = 'label: dos\nstart=2048, size=16384, type=83\nstart=18432, type=83\n';
  const disk = await compose(24, script, parts);
  await installRealGrub(disk, { prefix: '(,msdos1)/grub' });
  return disk;
}

interface Case {
  make(): Promise<Buffer>;
  bios: DiskReport['bootable'];
  uefi?: DiskReport['bootable'];
  /** A piece of what is said about it. */
  says?: string;
}

const cases: Record<string, Case> = {
  'an MBR': {
    make: async () => {
      const disk = await compose(12, 'label: dos\nstart=2048, type=83\n', { 1: await extImage(rootFiles()) });
      await installRealGrub(disk);
      return disk;
    },
    bios: 'yes',
  },
  'an MBR with a gap of 62 sectors': {
    make: async () => {
      const disk = await partitioned(12, 'label: dos\nstart=63, type=83\n');
      (await extImage(rootFiles())).copy(disk, 63 * 512);
      await installRealGrub(disk);
      return disk;
    },
    bios: 'yes',
  },
  'a GPT with a BIOS boot partition': {
    make: async () => {
      const script = `label: gpt\nstart=2048, size=2048, ${biosBoot}\nstart=4096, type=L\n`;
      const disk = await compose(12, script, { 2: await extImage(rootFiles()) });
      await installRealGrub(disk, { sector: 2048, prefix: '(,gpt2)/boot/grub' });
      return disk;
    },
    bios: 'yes',
  },
  'a GPT without one, whose core lies where nothing protects it': {
    make: async () => {
      const script = 'label: gpt\nstart=4096, type=L\n';
      const disk = await compose(12, script, { 2: await extImage(rootFiles()) });
      await installRealGrub(disk, { sector: 40, prefix: '(,gpt1)/boot/grub' });
      return disk;
    },
    bios: 'yes',
    says: 'which nothing protects.',
  },
  'an ESP alone': {
    make: async () =>
      await compose(24, 'label: gpt\nstart=2048, size=16384, type=U\nstart=18432, type=L\n', {
        1: await fatImage(await efiFiles()),
        9: await extImage(efiRoot()),
      }),
    bios: 'no',
    uefi: 'yes',
    says: 'The first sector has no boot code.',
  },
  'an ESP with a small grub.cfg beside GRUB': {
    make: async () => {
      const config = `search.fs_uuid ${rootUuid} root hd0,gpt2\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n`;
      const grub = { prefix: '/EFI/debian', modules: ['part_gpt', 'fat', 'ext2', 'normal'] };
      return await compose(24, 'label: gpt\nstart=2048, size=16384, type=U\nstart=18432, type=L\n', {
        1: await fatImage({ ...(await efiFiles(grub)), '/EFI/debian/grub.cfg': config }),
        9: await extImage(rootFiles()),
      });
    },
    bios: 'no',
    uefi: 'yes',
  },
  'an ESP that Linux reads and firmware does not: a FAT32 with few clusters': {
    make: async () => {
      const esp = await fatImage(await efiFiles(), 40, ['-F', '32', '-s', '1']);
      // All its sectors. mtools would not write into one that is made like that.
      esp.writeUInt32LE(50_000, 32);
      return await compose(56, 'label: gpt\nstart=2048, size=81920, type=U\nstart=83968, type=L\n', {
        1: esp,
        41: await extImage(efiRoot()),
      });
    },
    bios: 'no',
    uefi: 'no',
    says: 'and a FAT32 has at least 65525: Linux reads it, firmware does not.',
  },
  'an ESP without the program that firmware starts': {
    make: async () =>
      await compose(24, 'label: gpt\nstart=2048, size=16384, type=U\nstart=18432, type=L\n', {
        1: await fatImage({ '/EFI/debian/grubx64.efi': await efiGrub() }),
        9: await extImage(efiRoot()),
      }),
    bios: 'no',
    uefi: 'no',
    says: 'There is no EFI/BOOT/BOOTX64.EFI',
  },
  'what shim’s fallback program goes to': {
    make: async () => {
      const grub = await efiGrub();
      // Any program that is not GRUB stands for shim and its fallback.
      const other = Buffer.from(grub);
      for (let at = other.indexOf('mimg'); at >= 0; at = other.indexOf('mimg')) other.write('none', at);
      const files = {
        '/EFI/BOOT/BOOTX64.EFI': other,
        '/EFI/BOOT/fbx64.efi': other,
        '/EFI/ubuntu/shimx64.efi': other,
        '/EFI/ubuntu/grubx64.efi': grub,
      };
      return await compose(24, 'label: gpt\nstart=2048, size=16384, type=U\nstart=18432, type=L\n', {
        1: await fatImage(files),
        9: await extImage(efiRoot()),
      });
    },
    bios: 'no',
    uefi: 'yes',
  },
  'both kinds of firmware': {
    make: async () => {
      const script = `label: gpt\nstart=2048, size=16384, type=U\nstart=18432, size=16384, type=L\nstart=34816, size=2048, ${biosBoot}\n`;
      const disk = await compose(24, script, {
        1: await fatImage(await efiFiles()),
        9: await extImage(efiRoot()),
      });
      await installRealGrub(disk, { sector: 34_816, prefix: '(,gpt2)/boot/grub' });
      return disk;
    },
    bios: 'yes',
    uefi: 'yes',
  },
  'a separate /boot': {
    make: async () =>
      separateBoot({
        root: `UUID=${rootUuid}`,
        type: 'ext2',
        second: await extImage({ '/etc/hostname': 'x' }),
      }),
    bios: 'yes',
  },
  'a separate /boot whose root is gone': {
    make: () => separateBoot({ root: `UUID=${rootUuid}`, type: 'ext2' }),
    bios: 'no',
    says: `has root=UUID=${rootUuid}, which is not on this disk.`,
  },
  xfs: {
    make: async () => {
      const root = await madeBy(300, 'mkfs.xfs', '-q', '-m', `uuid=${rootUuid}`);
      const disk = await compose(302, 'label: dos\nstart=2048, type=83\n', { 1: root });
      await installRealGrub(disk, { modules: ['biosdisk', 'part_msdos', 'xfs'] });
      return disk;
    },
    bios: 'yes',
    says: '/boot/grub on partition 1 was not read: files of xfs are not read.',
  },
  'btrfs, and a core that cannot read it': {
    make: async () => {
      const root = await madeBy(120, 'mkfs.btrfs', '-q', '-U', rootUuid);
      const disk = await compose(122, 'label: dos\nstart=2048, type=83\n', { 1: root });
      await installRealGrub(disk);
      return disk;
    },
    bios: 'no',
    says: "GRUB's core cannot read partition 1: it lacks btrfs.",
  },
  'an encrypted root behind a /boot': {
    make: () => separateBoot({ root: '/dev/mapper/vda2_crypt', second: luks() }),
    bios: 'yes',
  },
  'an encrypted root that is named by its UUID': {
    make: () => separateBoot({ root: `UUID=${rootUuid}`, second: luks() }),
    bios: 'yes',
    says: `has root=UUID=${rootUuid}, which is not on this disk.`,
  },
  'a root in LVM': {
    make: async () => {
      const lvm = Buffer.alloc(mebibyte);
      lvm.write('LABELONE', 512, 'latin1');
      lvm.write('LVM2 001', 512 + 24, 'latin1');
      const disk = await compose(12, 'label: dos\nstart=2048, type=8e\n', { 1: lvm });
      await installRealGrub(disk, {
        prefix: '(lvmid/abc/def)/boot/grub',
        modules: ['biosdisk', 'part_msdos', 'lvm', 'ext2'],
      });
      return disk;
    },
    bios: 'yes',
    says: "GRUB's directory is (lvmid/abc/def)/boot/grub, which is not read.",
  },
  'no root': {
    make: async () => {
      const disk = await partitioned(12, 'label: dos\nstart=2048, type=83\n');
      await installRealGrub(disk);
      return disk;
    },
    bios: 'no',
    says: 'GRUB looks for /boot/grub on partition 1, which has no file system.',
  },
  'a corrupted core': {
    make: async () => {
      const disk = await compose(12, 'label: dos\nstart=2048, type=83\n', { 1: await extImage(rootFiles()) });
      await installRealGrub(disk);
      disk.writeUInt8(disk[20_000]! ^ 0x40, 20_000);
      return disk;
    },
    bios: 'no',
    says: "GRUB's core image is not whole: ",
  },
};

describe('checkDisk', () => {
  it.each(Object.entries(cases))('a disk with %s', async (_, { make, bios, uefi = 'no', says = '' }) => {
    const report = await check(await make());
    expect({ bios: report.bios.bootable, uefi: report.uefi.bootable }).toEqual({ bios, uefi });
    expect(report.bootable).toBe([bios, uefi].includes('yes') ? 'yes' : 'no');
    const said = [report.bios, report.uefi].flatMap(({ problems, notes }) => [...problems, ...notes]);
    expect(said.join('\n')).toContain(says);
  });

  it('reads from the core that grub-mkimage made what went into it', async () => {
    const disk = await cases['an MBR']!.make();
    const { core } = (await check(disk)).bios;
    expect(core).toMatchObject({ sector: 1, prefix: '(,msdos1)/boot/grub' });
    expect(core!.modules).toEqual(expect.arrayContaining(['biosdisk', 'part_msdos', 'part_gpt', 'ext2']));
  });

  it('sees any wrong byte in the compressed part of a real core', async () => {
    const disk = await cases['an MBR']!.make();
    const { packedSize, blocks } = (await check(disk)).bios.core!;
    const start = blocks[0]!.start * 512 + 4000;
    for (let at = start; at < start + packedSize - 4000; at += 1999) {
      const bytes = Buffer.from(disk);
      bytes[at] = bytes[at]! ^ 1;
      expect((await check(bytes)).bios.bootable).toBe('no');
    }
  });

  it('tells the names of the programs on an ESP', async () => {
    const { uefi } = await check(await cases['an ESP alone']!.make());
    expect(uefi).toMatchObject({ loader: '/EFI/BOOT/BOOTX64.EFI', grub: '/EFI/BOOT/BOOTX64.EFI' });
    expect(uefi.files).toMatchObject([
      { partition: 1, path: '/EFI/BOOT/BOOTX64.EFI', machine: 'x86_64', signature: 'none' },
    ]);
  });

  it('reads little of a large disk', async () => {
    await inDirectory(async (folder) => {
      const image = join(folder, 'image');
      const tree = join(folder, 'tree');
      await writeTree(tree, { ...rootFiles(), '/usr/large': Buffer.alloc(20 * mebibyte, 'x') });
      await execa('truncate', ['-s', '20G', image]);
      await execa('sfdisk', ['-q', '--no-tell-kernel', image], {
        input: 'label: dos\nstart=2048, type=83\n',
      });
      const offset = ['-E', 'offset=1048576,lazy_itable_init=1', '-U', rootUuid];
      await execa('mke2fs', ['-q', '-t', 'ext4', ...offset, '-d', tree, image, '19G']);
      const head = await readStart(image, mebibyte);
      await installRealGrub(head);
      const file = await open(image, 'r+');
      await file.write(head, 0, head.length, 0);
      await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', image, `${image}.qcow2`]);
      await file.close();
      const packed = await open(`${image}.qcow2`);
      let bytes = 0;
      const read = async (at: number, length: number): Promise<Buffer> => {
        const { buffer, bytesRead } = await packed.read(Buffer.alloc(length), 0, length, at);
        bytes += bytesRead;
        return buffer.subarray(0, bytesRead);
      };
      const report = await checkDisk(await openDisk({ read }, 0));
      await packed.close();
      expect(report).toMatchObject({ bootable: 'yes', size: 20 * 2 ** 30 });
      expect(bytes).toBeLessThan(2 * mebibyte);
    });
  });
});

async function readStart(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
  await file.close();
  return buffer;
}
